import type { EngineName } from '@kd/core'
import { comparisonText, summarizeComparison } from '@kd/report'
import { runComparison, type ComparisonResult } from '../compare/run-comparison.js'
import { showComparisonProgress } from '../terminal/show-comparison-progress.js'
import type { CommandContext } from './command-context.js'

/** Flags of `kd compare`. */
export interface CompareFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly jobs: number
  readonly threads?: number
  readonly budget?: boolean
}

/** `kd compare CONFIG [key=value ...]`. */
export async function compareCommand(
  config: string,
  overrides: readonly string[],
  flags: CompareFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: object; exitCode: number }> {
  const { onProgress, stop } = showComparisonProgress(terminal)
  let result: ComparisonResult
  try {
    result = await runComparison(config, { ...flags, overrides, onProgress, signal })
  } finally {
    stop()
  }
  const { folder, comparison } = result
  const failed = comparison.runs.some(({ state }) => state === 'failed')
  const tables = 'comparison.md, .tex, .csv, .json'
  return {
    text: `${comparisonText(comparison)}\n\n${tables} and the runs: ${folder}`,
    json: { ...result, summary: summarizeComparison(comparison) },
    exitCode: failed ? 1 : 0,
  }
}
