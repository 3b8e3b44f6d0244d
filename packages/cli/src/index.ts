export { runDistillation, runTraining } from './run/run-distillation.js'
export type { RunOptions } from './run/run-options.js'
export { writeReport, type ReportOptions, type WrittenReport } from './cli/report/write-report.js'
export { runSelection, type SelectionOptions, type SelectionResult } from './cli/select/run-selection.js'
export {
  keepAnswers,
  type KeepAnswersOptions,
  type KeepAnswersResult,
  type TeacherAnswers,
} from './jobs/answers/keep-answers.js'
export type { AnswerFormOptions } from './jobs/answers/answer-form.js'
export type { AnswerSplit } from './run/answers/answer-manifest.js'
export { runEvaluation, type EvaluationResult, type EvaluationRunOptions } from './run/run-evaluation.js'
export {
  exportRun,
  type ExportReport,
  type ExportRunOptions,
  type ExportRunResult,
} from './run/export/export-run.js'
export type { ExportForm, ExportFormat, ExportWeights } from './run/export/export-form.js'
export type { ModelCost } from './run/model-costs.js'
export type { Latency } from './run/model/measure-latency.js'
export type { OnRunProgress, RunProgress } from './run/log/run-progress.js'
export type {
  RunResult,
  StudentAtEpoch,
  StudentReport,
  TaskReport,
  TeacherReport,
} from './run/log/run-result.js'
export type { ModelSize } from './run/model/model-size.js'

export type { ConfigInput, TeacherInput } from './config/config-schema.js'
export type { NamedOptions } from './config/named-options.js'
export { ConfigError, type ConfigProblem } from './config/config-error.js'
export type { MakeMethod } from './config/methods.js'
export type { Plugin, TeacherContext } from './config/plugin.js'
export { UsageError } from './config/usage-error.js'

export {
  runComparison,
  type ComparisonOptions,
  type ComparisonProgress,
  type ComparisonResult,
} from './jobs/compare/run-comparison.js'
export { collectComparison } from './jobs/compare/collect-comparison.js'
export {
  runBiasVariance,
  type BiasVarianceOptions,
  type BiasVarianceResult,
} from './jobs/analyse/run-bias-variance.js'
export type { BiasVarianceInput } from './jobs/analyse/bias-variance-schema.js'
export type { AxisInput, ComparisonInput } from './jobs/compare/comparison-schema.js'
export type { Budget } from './jobs/compare/estimate-budget.js'
export { bullmqRunner, type BullmqRunnerOptions } from './jobs/runner/bullmq/bullmq-runner.js'
export { inProcessRunner } from './jobs/runner/in-process-runner.js'
export type { DistillJob, Job, JobEvent, JobOutcome, AnswerJob, TeacherJob } from './jobs/job/job.js'
export { kubernetesRunner, type KubernetesRunnerOptions } from './jobs/runner/indexed/kubernetes-runner.js'
export { slurmRunner, type SlurmRunnerOptions } from './jobs/runner/indexed/slurm-runner.js'
export { localRunner } from './jobs/runner/local-runner.js'
export type { Runner, RunnerContext } from './jobs/runner/runner.js'
