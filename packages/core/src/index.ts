export { KdError, type KdErrorOptions } from './errors/kd-error.js'
export { InvalidArgumentError } from './errors/invalid-argument-error.js'
export { ShapeError } from './errors/shape-error.js'

export { assertInRange, type Range } from './validation/assert-in-range.js'
export { assertLabels } from './validation/assert-labels.js'
export { assertLogits } from './validation/assert-logits.js'
export { assertPositive } from './validation/assert-positive.js'
export { assertSameShape, type Shaped } from './validation/assert-same-shape.js'

export { randomSource, type RandomSource } from './random/random-source.js'

export { assertDataset } from './dataset/assert-dataset.js'
export type { BatchSource, EpochBatches, TrainingBatch } from './dataset/batch-source.js'
export type { Dataset, Examples, Normalization } from './dataset/dataset.js'

export { crossEntropy } from './example-loss/cross-entropy.js'
export { runFusedKernel, type FusedKernel } from './example-loss/fused-kernel.js'
export type { KernelArray, KernelAttributes } from './example-loss/fused-kernel.js'
export { klDivergence } from './example-loss/kl-divergence.js'
export { labelAt } from './example-loss/label-at.js'
export { rowExponentials, rowLogSumExp, rowMaximum } from './example-loss/log-sum-exp.js'
export { softCrossEntropy } from './example-loss/soft-cross-entropy.js'
export { softmaxWithTemperature } from './example-loss/softmax-with-temperature.js'
export { withoutGradient } from './example-loss/without-gradient.js'

export type { DistillationBatch, FeatureMap } from './method/distillation-batch.js'
export type {
  DistillationMethod,
  EpochContext,
  EpochStudent,
  ExampleLosses,
  FeatureRequirements,
  LossTerms,
  PassBatch,
  PassOptions,
  Requirements,
} from './method/distillation-method.js'
export { labelLoss } from './method/label-loss.js'
export { meanLoss } from './method/mean-loss.js'
export { wrapMethod } from './method/wrap-method.js'

export { memoryBatches } from './dataset/memory-batches.js'
export { normalizedInputs } from './dataset/normalized-inputs.js'

export { classificationMetrics, type ClassificationMetrics } from './metrics/classification-metrics.js'

export { adam, type AdamOptions } from './optimizer/adam.js'
export type { GradientClipping } from './optimizer/clip-gradients.js'
export type { Optimizer } from './optimizer/optimizer.js'
export { sgd, type SgdOptions } from './optimizer/sgd.js'

export { constant } from './schedule/constant.js'
export { cosineDecay, type CosineDecayOptions } from './schedule/cosine-decay.js'
export type { LearningRateSchedule, SchedulePosition } from './schedule/learning-rate-schedule.js'
export { stepDecay, type StepDecayOptions } from './schedule/step-decay.js'
export { warmUp } from './schedule/warm-up.js'

export { distill } from './training/distill.js'
export type {
  BestEpoch,
  DistillationOptions,
  DistillationResult,
  StepProgress,
  TrainingCallbacks,
  TrainingOptions,
} from './training/distillation-options.js'
export type {
  CheckpointMoment,
  RunningEpoch,
  TensorValues,
  TrainingCheckpoint,
  TrainingProgress,
} from './training/training-checkpoint.js'
export type { EpochMetrics } from './training/epoch-metrics.js'
export { evaluate, type Evaluation, type EvaluationOptions } from './training/evaluate.js'
export type { StoredTeacher, Teacher } from './training/teacher.js'
export { train, type TrainOptions } from './training/train.js'

export type { Engine, EngineName, EngineOptions } from './engine/engine.js'
export { probeEngines, type EngineProbe } from './engine/probe-engines.js'
export { selectEngine } from './engine/select-engine.js'
export { registerWasmTrainingKernels } from './engine/wasm/register-wasm-training-kernels.js'
