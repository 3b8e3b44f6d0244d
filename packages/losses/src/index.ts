export { decoupledKd, type DecoupledKdOptions } from './decoupled-kd/decoupled-kd.js'
export { distKd, type DistKdOptions } from './dist-kd/dist-kd.js'
export { labelRevision, type LabelRevisionOptions } from './label-revision/label-revision.js'
export { labelSmoothing, type LabelSmoothingOptions } from './label-smoothing/label-smoothing.js'
export {
  logitStandardization,
  type LogitStandardizationOptions,
} from './logit-standardization/logit-standardization.js'
export { standardizeLogits } from './logit-standardization/standardize-logits.js'
export { standardizedLogits } from './logit-standardization/standardized-logits.js'
export { multiLevelLogit, type MultiLevelLogitOptions } from './multi-level-logit/multi-level-logit.js'
export { normalizedKd, type NormalizedKdOptions } from './normalized-kd/normalized-kd.js'
export { proximalTeacher, type ProximalTeacherOptions } from './proximal-teacher/proximal-teacher.js'
export { refinedLogits, type RefinedLogitsOptions } from './refined-logits/refined-logits.js'
export {
  responseCorrection,
  type ResponseCorrectionOptions,
} from './response-correction/response-correction.js'
export { withRevisedTeacher } from './revised-teacher/with-revised-teacher.js'
export { swap, swapLogits, type SwapOptions } from './swap/swap.js'
export { teacherFree, type TeacherFreeOptions } from './teacher-free/teacher-free.js'
export { reviseSoftLabels } from './terms/revise-soft-labels.js'
export { reviseTeacherLogits, type TeacherRevisionOptions } from './terms/revise-teacher-logits.js'
export type { RevisionOptions } from './terms/revision-options.js'
export { softLabelWeights, type SoftLabelWeightOptions } from './terms/soft-label-weights.js'
export {
  transformedTeacherMatching,
  type TransformedTeacherMatchingOptions,
} from './transformed-teacher-matching/transformed-teacher-matching.js'
export { vanillaKd, type VanillaKdOptions } from './vanilla-kd/vanilla-kd.js'
export {
  weightedSoftLabels,
  weightedSoftLabelsPresets,
  type WeightedSoftLabelsOptions,
} from './weighted-soft-labels/weighted-soft-labels.js'
