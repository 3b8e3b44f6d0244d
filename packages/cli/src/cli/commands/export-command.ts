import type { EngineName } from '@kd/core'
import { figureText } from '@kd/report'
import { sizeOnDisk } from '../../jobs/size-on-disk.js'
import type { ExportFormat, ExportWeights } from '../../run/export/export-form.js'
import { exportRun, type ExportRunResult } from '../../run/export/export-run.js'
import { mainFigure } from '../../run/log/run-result.js'
import { showProgress } from '../terminal/show-progress.js'
import { table } from '../terminal/table.js'
import type { CommandContext } from './command-context.js'

/** Flags of `kd export`. */
export interface ExportFlags {
  readonly to: readonly ExportFormat[]
  readonly weights: readonly ExportWeights[]
  readonly out?: string
  readonly force?: boolean
  readonly calibration: number
  readonly engine?: EngineName
}

/** `kd export RUN --to FORMAT... [key=value ...]`. */
export async function exportCommand(
  run: string,
  overrides: readonly string[],
  flags: ExportFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: ExportRunResult }> {
  const { onProgress, stop } = showProgress(terminal)
  try {
    const result = await exportRun(run, { ...flags, overrides, onProgress, signal })
    return { text: exportText(result), json: result }
  } finally {
    stop()
  }
}

function exportText({ model, dataset, task, split, engine, student, exports }: ExportRunResult): string {
  const figure = mainFigure(task)
  const head = ['format', 'weights', 'size', figure.title, 'largest difference', 'ms for one', 'folder']
  const own = [
    model,
    'float32',
    '',
    figureText(student.figures[figure.name], figure),
    '',
    student.latency.median.toFixed(2),
    '',
  ]
  const rows = exports.map(({ format, weights, bytes, figures, largestDifference, latency, folder }) => [
    format,
    weights,
    sizeOnDisk(bytes),
    figureText(figures[figure.name], figure),
    largestDifference.toExponential(1),
    latency.median.toFixed(2),
    folder,
  ])
  const count = student.figures['examples']
  return [
    table(head, [own, ...rows]),
    `compared on ${count} ${split} examples of ${dataset}; ${model} itself, tfjs and safetensors on the ${engine} engine, onnx in ONNX Runtime`,
  ].join('\n')
}
