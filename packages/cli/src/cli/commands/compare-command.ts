import type { EngineName } from '@kd/core'
import { comparisonText, summarizeComparison } from '@kd/report'
import { runComparison, type ComparisonResult } from '../../jobs/compare/run-comparison.js'
import { showComparisonProgress } from '../terminal/show-comparison-progress.js'
import { withTeacherTimeout } from './command-options.js'
import type { CommandContext } from './command-context.js'
import { configAndOverrides } from './standard-arguments.js'
import { makeRunner } from './make-runner.js'
import type { RunnerFlags } from './runner-options.js'

/** Flags of `kd compare`. */
export interface CompareFlags extends RunnerFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly workspace?: string
  readonly threads?: number
  readonly budget?: boolean
  readonly teacherTimeout?: number
}

/** `kd compare [CONFIG] [key=value ...]`. */
export async function compareCommand(
  words: readonly string[],
  flags: CompareFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: object; exitCode: number }> {
  const { config, overrides } = configAndOverrides(words, 'compare.yaml')
  const runner = await makeRunner(flags)
  const { onProgress, stop } = showComparisonProgress(terminal)
  let result: ComparisonResult
  try {
    // This machine's number says nothing of others', and bits repeat with the same number only.
    const threads = flags.threads ?? (flags.runner === 'local' ? undefined : 1)
    const options = { ...flags, ...(threads !== undefined && { threads }), runner }
    result = await runComparison(config, {
      ...options,
      overrides: withTeacherTimeout(overrides, flags, 'base.'),
      onProgress,
      signal,
    })
  } finally {
    stop()
  }
  const { folder, comparison } = result
  const failed = comparison.runs.some(({ state }) => state === 'failed')
  const tables = 'comparison.md, .tex, .csv, .json'
  return {
    text: `${comparisonText(comparison, terminal.out.columns)}\n\n${tables} and the runs: ${folder}`,
    json: { ...result, summary: summarizeComparison(comparison) },
    exitCode: failed ? 1 : 0,
  }
}
