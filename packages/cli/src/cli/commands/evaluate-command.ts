import type { EngineName } from '@kd/core'
import { runEvaluation, type EvaluationResult } from '../../run/run-evaluation.js'
import { percent, showProgress } from '../terminal/show-progress.js'
import { table } from '../terminal/show-result.js'
import type { CommandContext } from './command-context.js'

/** Flags of `kd evaluate`. */
export interface EvaluateFlags {
  readonly split: 'train' | 'validation' | 'test'
  readonly limit?: number
  readonly engine?: EngineName
}

/** `kd evaluate RUN_OR_CONFIG [key=value ...]`. */
export async function evaluateCommand(
  source: string,
  overrides: readonly string[],
  flags: EvaluateFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: EvaluationResult }> {
  const { onProgress, stop } = showProgress(terminal)
  try {
    const result = await runEvaluation(source, { ...flags, overrides, onProgress, signal })
    const top5 = result.top5 === undefined ? [] : [['top-5 accuracy', percent(result.top5)]]
    const rows = [
      ['top-1 accuracy', percent(result.top1)],
      ...top5,
      ['loss', `${result.loss.toFixed(4)} nats`],
      ['calibration error', percent(result.expectedCalibrationError)],
    ]
    const head = [result.model, `${result.examples} ${result.split} examples of ${result.dataset}`]
    const seconds = `${result.engine} engine, ${result.seconds.toFixed(1)} s`
    return { text: `${table(head, rows)}\n${seconds}`, json: result }
  } finally {
    stop()
  }
}
