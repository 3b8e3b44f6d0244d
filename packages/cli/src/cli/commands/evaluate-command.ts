import type { EngineName, FigureKind } from '@kd/core'
import { runEvaluation, type EvaluationResult } from '../../run/run-evaluation.js'
import { sizeOnDisk } from '../../jobs/size-on-disk.js'
import type { ModelCost } from '../../run/model-costs.js'
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
  readonly latency?: boolean
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
    const costs = result.costs === undefined ? [] : ['', costsText(result.costs), '']
    const lines = [table(head, rows), ...costs, `${shownPath(source)}, ${seconds}`]
    return { text: lines.join('\n'), json: result }
  } finally {
    stop()
  }
}

function costsText(costs: readonly ModelCost[]): string {
  const sizes = costs[0]!.latency.map(({ batchSize }) => batchSize)
  const head = [
    '',
    'parameters',
    'size',
    'multiply-adds',
    ...sizes.map((size) => `ms for ${size}, median (p95)`),
  ]
  const rows = costs.map(({ role, model, parameters, bytes, multiplyAdds, latency }) => [
    `${role} (${model})`,
    parameters.toLocaleString('en'),
    sizeOnDisk(bytes),
    multiplyAdds?.toLocaleString('en') ?? 'not known',
    ...latency.map(({ median, p95 }) => `${median.toFixed(2)} (${p95.toFixed(2)})`),
  ])
  return table(head, rows)
}

function shown(value: number, { unit }: FigureKind): string {
  return unit === 'share' ? percent(value) : `${value.toFixed(4)}${unit === 'nats' ? ' nats' : ''}`
}
