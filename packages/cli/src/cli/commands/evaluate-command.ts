import type { EngineName, FigureKind } from '@kd/core'
import { runEvaluation, type EvaluationResult } from '../../run/run-evaluation.js'
import { percent, showProgress } from '../terminal/show-progress.js'
import { shownPath } from '../terminal/shown-path.js'
import { table } from '../terminal/table.js'
import { withTeacherTimeout } from './command-options.js'
import type { CommandContext } from './command-context.js'
import { runAndOverrides } from './standard-arguments.js'

/** Flags of `kd evaluate`. */
export interface EvaluateFlags {
  readonly split: 'train' | 'validation' | 'test'
  readonly limit?: number
  readonly engine?: EngineName
  readonly teacherTimeout?: number
}

/** `kd evaluate [RUN_OR_CONFIG] [key=value ...]`. */
export async function evaluateCommand(
  words: readonly string[],
  flags: EvaluateFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: EvaluationResult }> {
  const { source, overrides } = await runAndOverrides(words)
  const { onProgress, stop } = showProgress(terminal)
  try {
    const result = await runEvaluation(source, {
      ...flags,
      overrides: withTeacherTimeout(overrides, flags),
      onProgress,
      signal,
    })
    const { figures, task } = result
    const rows = Object.entries(task.kinds).flatMap(([name, kind]) =>
      figures[name] === undefined ? [] : [[kind.title, shown(figures[name], kind)]],
    )
    const head = [result.model, `${figures['examples']} ${result.split} examples of ${result.dataset}`]
    const seconds = `${result.engine} engine, ${result.seconds.toFixed(1)} s`
    return { text: `${table(head, rows)}\n${shownPath(source)}, ${seconds}`, json: result }
  } finally {
    stop()
  }
}

function shown(value: number, { unit }: FigureKind): string {
  return unit === 'share' ? percent(value) : `${value.toFixed(4)}${unit === 'nats' ? ' nats' : ''}`
}
