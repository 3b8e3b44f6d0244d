export { adaptiveMixing, type AdaptiveMixingOptions } from './adaptive-mixing/adaptive-mixing.js'
export { adaptiveMixingPresets, type MixingPreset } from './adaptive-mixing/adaptive-mixing-presets.js'
export type { MixingVariant } from './adaptive-mixing/mixing-rules.js'
export { mixingGradient } from './mixing-gradient/mixing-gradient.js'
export type { HeldOutExamples, MixingGradientOptions } from './mixing-gradient/mixing-gradient-options.js'
export {
  lookAheadGradient,
  type LookAheadGradientOptions,
} from './look-ahead-gradient/look-ahead-gradient.js'
export {
  mixingSummary,
  type MixingSummaryOptions,
  type TermSummary,
} from './mixing-summary/mixing-summary.js'
export { fixedMixing, type FixedMixingOptions } from './fixed-mixing/fixed-mixing.js'
export {
  randomTeacherDrop,
  type RandomTeacherDropOptions,
} from './random-teacher-drop/random-teacher-drop.js'
export {
  uncertaintyWeighting,
  type UncertaintyWeightingOptions,
} from './uncertainty-weighting/uncertainty-weighting.js'
export { metaWeightNet, type MetaWeightNetOptions } from './meta-weight-net/meta-weight-net.js'
export { superLoss, type SuperLossOptions } from './super-loss/super-loss.js'
export { gradNorm, type GradNormOptions } from './grad-norm/grad-norm.js'
export {
  curriculumTemperature,
  type CurriculumTemperatureOptions,
} from './curriculum-temperature/curriculum-temperature.js'
