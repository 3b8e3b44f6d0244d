import type { EngineName } from '@kd/core'
import { biasVarianceText, summarizeBiasVariance } from '@kd/report'
import { runBiasVariance, type BiasVarianceResult } from '../../jobs/analyse/run-bias-variance.js'
import { showComparisonProgress } from '../terminal/show-comparison-progress.js'
import type { CommandContext } from './command-context.js'
import { configAndOverrides } from './standard-arguments.js'

/** Flags of `kd analyse bias-variance`. */
export interface BiasVarianceFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly splits?: number
  readonly seeds?: number
  readonly jobs: number
  readonly threads?: number
}

/** `kd analyse bias-variance [CONFIG] [key=value ...]`. */
export async function biasVarianceCommand(
  words: readonly string[],
  flags: BiasVarianceFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: object; exitCode: number }> {
  const { config, overrides } = configAndOverrides(words, 'kd.yaml')
  const { onProgress, stop } = showComparisonProgress(terminal)
  let result: BiasVarianceResult
  try {
    result = await runBiasVariance(config, { ...flags, overrides, onProgress, signal })
  } finally {
    stop()
  }
  const { folder, report } = result
  const students = report.settings.flatMap(({ repeats }) => repeats.flatMap((repeat) => repeat.students))
  const failed = students.some(({ state }) => state === 'failed')
  return {
    text: `${biasVarianceText(report, terminal.out.columns)}\n\nbias-variance.md, .csv, .json, examples.csv and the runs: ${folder}`,
    json: { ...result, summary: summarizeBiasVariance(report) },
    exitCode: failed ? 1 : 0,
  }
}
