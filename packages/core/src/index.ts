export { InvalidArgumentError, KdError, ShapeError, type KdErrorOptions } from './errors.js'

export type { Range, Shaped } from './assertions.js'
export { assertInRange, assertLabels, assertLogits, assertPositive, assertSameShape } from './assertions.js'

export { randomSource, type RandomSource } from './random/random-source.js'

export { assertDataset } from './dataset/assert-dataset.js'
export type { BatchSource, EpochBatches, TrainingBatch } from './dataset/batch-source.js'
export type { AnyDataset, Dataset, Examples, Normalization, Split } from './dataset/dataset.js'

export { crossEntropy } from './example-loss/cross-entropy.js'
export { runFusedKernel, type FusedKernel } from './example-loss/fused-kernel.js'
export type { KernelArray, KernelAttributes } from './example-loss/fused-kernel.js'
export { klDivergence } from './example-loss/kl-divergence.js'
export { labelAt, rowExponentials, rowLogSumExp, rowMaximum } from './example-loss/kernel-rows.js'
export { softCrossEntropy } from './example-loss/soft-cross-entropy.js'
export { softmaxWithTemperature } from './example-loss/softmax-with-temperature.js'
export { withoutGradient } from './example-loss/without-gradient.js'

export type { Definition, OptionsInput, OptionsOutput, OptionsShape } from './options/definition.js'
export { isDescribed, optionsSchema } from './options/definition.js'

export { assertMethod } from './method/assert-method.js'
export type {
  MethodDefinition,
  MethodFactory,
  OptionsOf,
  WrapperDefinition,
  WrapperFactory,
} from './method/define-method.js'
export { defineMethod, defineWrapper, isMethodFactory } from './method/define-method.js'
export type { EpochContext, EpochStudent, MethodNotes, PassOptions } from './method/epoch-context.js'
export { labelLoss } from './method/label-loss.js'
export { phaseName } from './method/method.js'
export { meanLoss } from './method/mean-loss.js'
export type {
  Method,
  NamedVariables,
  OutputShapes,
  Phase,
  RunningMethod,
  RunStart,
  ViewBatch,
} from './method/method.js'
export { startMethod } from './method/method.js'
export type { FeatureNames, FeatureNeeds, Needs, ViewNeeds } from './method/needs.js'
export { unitedNeeds } from './method/needs.js'
export type { ExampleLosses, Step, View } from './method/step.js'
export { delegate, studentPhases, wrapMethod, type MethodChanges } from './method/wrap-method.js'

export type { FeatureMap, ForwardOptions, Mode, Model, ModelInput, Outputs } from './model/model.js'
export {
  defineModel,
  type ModelContext,
  type ModelContextWithShape,
  type ModelDefinition,
  type ModelFactory,
} from './model/define-model.js'
export { lastDenseLayer, layersModel } from './model/layers-model.js'
export type { TensorValues } from './model/tensor-values.js'

export type { OptionsSchema } from './options/options.js'
export { warmupEpochs, warmUpShare } from './options/warm-up.js'
export {
  choice,
  count,
  flag,
  fraction,
  knownKeys,
  option,
  optionalOption,
  parseOptions,
  positive,
  rangeRule,
  readonlyList,
  requiredOption,
  temperature,
  typeName,
  weight,
} from './options/options.js'

export { classification, taskOf } from './task/classification.js'
export { classificationMetrics, type ClassificationMetrics } from './task/classification-metrics.js'
export { multiLabel } from './task/multi-label.js'
export { regression } from './task/regression.js'
export {
  defineTask,
  type LabelForm,
  type TaskContext,
  type TaskDefinition,
  type TaskFactory,
} from './task/define-task.js'
export { type LabelArray, labelSize } from './task/labels.js'
export type { FigureKind, Figures, Meter, Task } from './task/task.js'

export { keptAnswers, type KeptAnswers } from './teacher/kept-answers.js'
export { logitTables, type LogitTable } from './teacher/logit-tables.js'
export type { TeacherInput } from './teacher/as-teacher.js'
export type { Question, Teacher, TeacherFunction } from './teacher/teacher.js'
export { functionTeacher, modelTeacher } from './teacher/teacher.js'

export {
  defineDataset,
  type DatasetContext,
  type DatasetDefinition,
  type DatasetFactory,
  type DownloadProgress,
  type WantedTask,
} from './dataset/define-dataset.js'
export { gatherRows } from './dataset/gather-rows.js'
export { memoryBatches } from './dataset/memory-batches.js'
export { normalizedInputs } from './dataset/normalized-inputs.js'

export { adam, type AdamOptions } from './optimizer/adam.js'
export type { GradientClipping } from './optimizer/clip-gradients.js'
export type { Optimizer, RunningOptimizer } from './optimizer/optimizer.js'
export { sgd, type SgdOptions } from './optimizer/sgd.js'

export type {
  CosineDecayOptions,
  LearningRateSchedule,
  SchedulePosition,
  StepDecayOptions,
} from './schedule.js'
export { constant, cosineDecay, stepDecay, warmUp } from './schedule.js'

export type { CheckedRun } from './training/check-parts.js'
export { checkRun } from './training/check-run.js'
export type { ClassWeights } from './training/class-weights.js'
export { distill } from './training/distill.js'
export {
  DEFAULT_BATCH_SIZE,
  type BestEpoch,
  type DistillationOptions,
  type DistillationResult,
  type RunView,
  type StepProgress,
  type TrainingCallbacks,
  type TrainingOptions,
} from './training/distillation-options.js'
export type {
  CheckpointMoment,
  RunningEpoch,
  TrainingCheckpoint,
  TrainingProgress,
} from './training/training-checkpoint.js'
export type { EpochMetrics } from './training/epoch-metrics.js'
export {
  evaluate,
  type Evaluation,
  type EvaluationOptions,
  type TaskEvaluation,
} from './training/evaluate.js'
export { PASS_BATCH_SIZE } from './training/split-pass.js'
export { train, type TrainOptions } from './training/train.js'

export type { Engine, EngineName, EngineOptions } from './engine/engine.js'
export { probeEngines, type EngineProbe } from './engine/probe-engines.js'
export { selectEngine } from './engine/select-engine.js'
export { registerWasmTrainingKernels } from './engine/wasm/register-wasm-training-kernels.js'
