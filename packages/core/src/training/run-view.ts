import { InvalidArgumentError } from '../errors.js'
import type { RunView } from './distillation-options.js'
import { passOver } from './make-epoch-context.js'
import type { RunState } from './run-state.js'

/**
 * Lets callbacks look into a run.
 *
 * @param run - the run
 * @param epoch - that is or was being trained
 * @returns the view
 */
export function runView(run: RunState, epoch: number): RunView {
  const { method, options } = run
  const { train } = options.dataset
  return {
    async examples(ids = train.ids, { outputs = false } = {}) {
      if (method.examples === undefined || ids.length === 0) return {}
      if (!outputs || options.method.needs.exampleOutputs !== true) {
        return checked(await method.examples(ids), ids.length, options.method.name)
      }
      const rows = rowsOf(ids, train.ids)
      const columns: Record<string, Float32Array> = {}
      let filled = 0
      await passOver(run, { split: 'train', epoch, rows }, async (step) => {
        const values = checked(await method.examples!(step.ids, step), step.ids.length, options.method.name)
        for (const [name, piece] of Object.entries(values)) {
          columns[name] ??= new Float32Array(ids.length).fill(NaN)
          columns[name].set(piece, filled)
        }
        filled += step.ids.length
      })
      return columns
    },
  }
}

function rowsOf(ids: Int32Array, all: Int32Array): Int32Array {
  const rowById = new Map(Array.from(all, (id, row) => [id, row]))
  return ids.map((id) => {
    const row = rowById.get(id)
    if (row !== undefined) return row
    throw new InvalidArgumentError(`examples: ids must be of the training split, got ${id}`)
  })
}

function checked(
  values: Readonly<Record<string, Float32Array>>,
  examples: number,
  method: string,
): Readonly<Record<string, Float32Array>> {
  for (const [name, column] of Object.entries(values)) {
    if (column.length === examples) continue
    throw new InvalidArgumentError(
      `distill: ${method} must give one value of ${name} for each of ${examples} examples, got ${column.length}`,
    )
  }
  return values
}
