export { chartSvg, type ChartSpecification } from './charts/chart-svg.js'
export { bootstrapInterval, type BootstrapOptions, type Interval } from './statistics/bootstrap-interval.js'
export {
  biasVarianceKullbackLeibler,
  biasVarianceSquaredError,
  type BiasVariance,
} from './statistics/bias-variance.js'
export { holmCorrection } from './statistics/holm-correction.js'
export { meanAndDeviation, type MeanAndDeviation } from './statistics/mean-and-deviation.js'
export { meanInterval } from './statistics/mean-interval.js'
export { pairedDifferences } from './statistics/paired-differences.js'
export { pairedTTest, type PairedTTest } from './statistics/paired-t-test.js'
export { wilcoxonSignedRank, type WilcoxonSignedRank } from './statistics/wilcoxon-signed-rank.js'
export type {
  BiasVarianceRepeat,
  BiasVarianceReport,
  BiasVarianceSetting,
  LossParts,
  PartStudent,
} from './bias-variance/bias-variance-report.js'
export { biasVarianceCsv } from './bias-variance/bias-variance-csv.js'
export { biasVarianceMarkdown, biasVarianceText } from './bias-variance/bias-variance-tables.js'
export {
  summarizeBiasVariance,
  type BiasVarianceSummary,
  type LossForm,
  type RegularizationSummary,
  type SeedSummary,
} from './bias-variance/summarize-bias-variance.js'
export { accuracy, figureNote, figureText, unitText, valueText, type ComparedFigure } from './figure-text.js'
export type { ComparedRun, Comparison, ComparisonAxis, EpochAccuracy } from './comparison/comparison.js'
export { comparisonCsv } from './comparison/comparison-csv.js'
export { comparisonLatex } from './comparison/comparison-latex.js'
export { comparisonMarkdown } from './comparison/comparison-markdown.js'
export { comparisonTables } from './comparison/comparison-tables.js'
export type { ComparisonTable, ComparisonTables } from './tables/table-content.js'
export { comparisonText } from './comparison/comparison-text.js'
export {
  summarizeComparison,
  type FigureSummary,
  type AccuracySummary,
  type DifferenceSummary,
  type Measure,
  type SettingSummary,
  type TestSummary,
} from './comparison/summarize-comparison.js'
export {
  eventFileHeader,
  eventRecord,
  readEventFile,
  type ReadEventFileOptions,
  type SummaryEvent,
} from './event-file/event-file.js'
export type { EventHistogram } from './event-file/event-histogram.js'
export { reportHtml, type Report } from './html/report-html.js'
export { thinned, ThinnedSeries } from './run/thinned-series.js'
export { classificationDiagnostics } from './run/classification-diagnostics.js'
export type {
  ReportedEpoch,
  ReportedResult,
  ReportedRun,
  ReportedStudent,
  ShareOverTraining,
  SpreadOverTraining,
  TrainedSums,
} from './run/reported-run.js'
export type {
  ClassCount,
  ExampleMeasure,
  MeasuredExample,
  RegularizationCount,
  ReliabilityBin,
  RunDiagnostics,
} from './run/run-diagnostics.js'
