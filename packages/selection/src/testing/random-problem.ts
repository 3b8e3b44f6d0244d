import { randomSource } from '@kd/core'
import type { NumberTable } from '../examples/table.js'

/** Examples of one linear layer, for tests. */
export interface TestExamples {
  readonly features: NumberTable
  readonly logits: NumberTable
  readonly labels: Int32Array
}

/** Makes a table of nested numbers. */
export function tableOf(rows: readonly (readonly number[])[]): NumberTable {
  return { values: Float64Array.from(rows.flat()), shape: [rows.length, rows[0]!.length] }
}

/** Takes some rows of examples, in the order given. */
export function rowsOf({ features, logits, labels }: TestExamples, rows: readonly number[]): TestExamples {
  const take = ({ values, shape: [, columns] }: NumberTable): NumberTable => ({
    values: Float64Array.from(
      rows.flatMap((row) => [...values.subarray(row * columns, (row + 1) * columns)]),
    ),
    shape: [rows.length, columns],
  })
  return {
    features: take(features),
    logits: take(logits),
    labels: Int32Array.from(rows, (row) => labels[row]!),
  }
}

/** Makes a random layer with examples, and three held-out examples of each class. */
export function randomProblem(size: { examples: number; classes: number; width: number; seed: number }): {
  train: TestExamples
  validation: TestExamples
} {
  const { classes, width } = size
  const random = randomSource(size.seed)
  const weights = Array.from({ length: classes }, () => Array.from({ length: width }, () => random.normal()))
  const make = (examples: number): TestExamples => {
    const features = Array.from({ length: examples }, () =>
      Array.from({ length: width }, () => random.normal()),
    )
    const logits = features.map((row) =>
      weights.map((weight) => weight.reduce((sum, value, index) => sum + value * row[index]!, 0)),
    )
    return {
      features: tableOf(features),
      logits: tableOf(logits),
      labels: Int32Array.from({ length: examples }, (_, row) => row % classes),
    }
  }
  return { train: make(size.examples), validation: make(3 * classes) }
}
