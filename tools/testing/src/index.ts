export {
  describeMethodConformance,
  type ConformanceOptions,
  type GoldenCase,
  type GoldenFile,
} from './describe-method-conformance.js'
export {
  describeFeatureConformance,
  type FeatureConformanceOptions,
  type FeatureGoldenCase,
} from './describe-feature-conformance.js'
export { expectAllClose, type Numbers, type Tolerance } from './expect-all-close.js'
export { expectGradient } from './expect-gradient.js'
export { expectNoLeak } from './expect-no-leak.js'
export { expectParity } from './expect-parity.js'
export { expectSameAfterResume } from './expect-same-after-resume.js'
export { gradientOf } from './gradient-of.js'
export { methodBatch, type BatchExtras, type BatchNumbers } from './method-batch.js'
export { needs, needsLinux, needsPosix } from './needs.js'
export { noiseDataset, noiseNetwork } from './noise-classification.js'
export { plainDistillation } from './plain-distillation.js'
export { lossesOf, startMethod, type StartedMethod } from './started-method.js'
