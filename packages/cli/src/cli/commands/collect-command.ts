import { comparisonText, summarizeComparison } from '@kd/report'
import { resolve } from 'node:path'
import { collectComparison } from '../../jobs/compare/collect-comparison.js'
import type { CommandContext } from './command-context.js'

/** `kd collect FOLDER`. */
export async function collectCommand(
  folder: string,
  { terminal }: CommandContext,
): Promise<{ text: string; json: object; exitCode: number }> {
  const comparison = await collectComparison(folder)
  const count = (wanted: string): number => comparison.runs.filter(({ state }) => state === wanted).length
  const [done, failed, of] = [count('done'), count('failed'), comparison.runs.length]
  return {
    text: `${comparisonText(comparison, terminal.out.columns)}\n\n${done} of ${of} runs done, ${failed} failed`,
    json: { folder: resolve(folder), comparison, summary: summarizeComparison(comparison) },
    exitCode: failed > 0 ? 1 : 0,
  }
}
