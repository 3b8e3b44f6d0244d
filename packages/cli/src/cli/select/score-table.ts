import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer'
import { stringify } from 'csv-stringify/sync'
import type { SeenExamples } from '@kd/selection'

/** One training example and what was found of it. */
export interface ScoredExample {
  /** Its row in the file that it came from. */
  readonly id: number
  /** Class that it is trained with. */
  readonly label: number
  /** Class before label noise, where that is known. */
  readonly cleanLabel?: number
  /** Class that the scored model predicts: the teacher's, if the teacher was scored. */
  readonly prediction: number
  /** Probability of that class at temperature 1. */
  readonly confidence: number
  readonly score: number
  /** Whether it is distilled. */
  readonly selected: boolean
}

/** A line per example, in the order of the training split. */
export function scoreTable(
  { ids, labels, logits }: SeenExamples,
  found: { readonly scores: ArrayLike<number>; readonly mask: ArrayLike<number> },
  cleanLabels: Int32Array | undefined,
): ScoredExample[] {
  const classes = logits.shape[1]
  return Array.from(ids, (id, row) => {
    const values = Array.from(logits.values.subarray(row * classes, (row + 1) * classes))
    const greatest = Math.max(...values)
    const total = values.reduce((sum, value) => sum + Math.exp(value - greatest), 0)
    return {
      id,
      label: labels[row]!,
      ...(cleanLabels && { cleanLabel: cleanLabels[row]! }),
      prediction: values.indexOf(greatest),
      confidence: 1 / total,
      score: found.scores[row]!,
      selected: found.mask[row] === 1,
    }
  })
}

/** The table as CSV with a header. */
export function scoreCsv(table: readonly ScoredExample[]): string {
  return stringify([...table], { header: true, cast: { boolean: String } })
}

const types: Record<keyof ScoredExample, ColumnSource['type']> = {
  id: 'INT32',
  label: 'INT32',
  cleanLabel: 'INT32',
  prediction: 'INT32',
  confidence: 'DOUBLE',
  score: 'DOUBLE',
  selected: 'BOOLEAN',
}

/** The table as a Parquet file, compressed by Snappy. */
export function scoreParquet(table: readonly ScoredExample[]): Uint8Array {
  const names = Object.keys(table[0]!) as (keyof ScoredExample)[]
  const columnData = names.map(
    (name) => ({ name, type: types[name], data: table.map((example) => example[name]) }) as ColumnSource,
  )
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}
