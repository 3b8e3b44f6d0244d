export { runDistillation, runTraining } from './run/run-distillation.js'
export type { RunOptions } from './run/run-options.js'
export { writeReport, type ReportOptions, type WrittenReport } from './report/write-report.js'
export { runSelection, type SelectionOptions, type SelectionResult } from './select/run-selection.js'
export {
  runLabelling,
  type LabellingOptions,
  type LabellingResult,
  type TeacherLabels,
} from './label/run-labelling.js'
export type { LabelFormOptions } from './label/label-form.js'
export type { LabelSplit } from './label/label-manifest.js'
export { runEvaluation, type EvaluationResult, type EvaluationRunOptions } from './run/run-evaluation.js'
export type { OnRunProgress, RunProgress } from './run/run-progress.js'
export type { RunResult, StudentAtEpoch, TeacherReport } from './run/run-result.js'

export type { ConfigInput, TeacherInput } from './config/config-schema.js'
export type { NamedOptions } from './config/named-options.js'
export { ConfigError, type ConfigProblem } from './config/config-error.js'
export type { DatasetName } from './datasets.js'
export type { ModelName } from './models.js'
export type { MethodFactory } from './methods.js'
export type { Plugin } from './config/plugin.js'
export { UsageError } from './usage-error.js'

export {
  runComparison,
  type ComparisonOptions,
  type ComparisonProgress,
  type ComparisonResult,
} from './compare/run-comparison.js'
export { collectComparison } from './compare/collect-comparison.js'
export {
  runBiasVariance,
  type BiasVarianceOptions,
  type BiasVarianceResult,
} from './analyse/run-bias-variance.js'
export type { BiasVarianceInput } from './analyse/bias-variance-schema.js'
export type { AxisInput, ComparisonInput } from './compare/comparison-schema.js'
export type { Budget } from './compare/estimate-budget.js'
export { bullmqRunner, type BullmqRunnerOptions } from './runner/bullmq/bullmq-runner.js'
export { inProcessRunner } from './runner/in-process-runner.js'
export type { DistillJob, Job, JobEvent, JobOutcome, LabelJob, TeacherJob } from './runner/job.js'
export { kubernetesRunner, type KubernetesRunnerOptions } from './runner/indexed/kubernetes-runner.js'
export { slurmRunner, type SlurmRunnerOptions } from './runner/indexed/slurm-runner.js'
export { localRunner } from './runner/local-runner.js'
export type { Runner, RunnerContext } from './runner/runner.js'
