import { rowMaximum, ShapeError } from '@kd/core'
import type { LastLayerTables, TablesSource } from '../examples/last-layer-examples.js'
import type { NumberTable } from '../examples/table.js'
import { ROWS_TOGETHER, type Matrix } from './matrix-products.js'

/** How many examples are worked on together: so few that their tables stay in a processor's cache. */
const BLOCK_ROWS = 256

/**
 * Some of the examples, in the form that products with the Hessian need. The next block overwrites the arrays. Rows behind the last
 * example are zero.
 */
export interface LastLayerBlock {
  /** The number of the block's first example among all, from 0. */
  readonly first: number
  /** How many examples the block has. */
  readonly count: number
  /** [rows, D + 1] the features, and a 1 that the bias is multiplied by. */
  readonly inputs: Matrix
  /** [rows, C] p: the softmax of the logits, at the loss's temperature where it has one. */
  readonly probabilities: Matrix
  /** [rows, C] the derivative of each example's loss in its logits: p - y, or temperature (p - p of the teacher). */
  readonly residuals: Matrix
  /** [count] class indices. */
  readonly labels: Int32Array
}

/** Goes over all examples, block by block. */
export type ForEachBlock = (visit: (block: LastLayerBlock) => void | Promise<void>) => Promise<void>

/**
 * Cuts a source into blocks.
 *
 * @param source - read and checked tables
 * @param temperature - softens the loss against teacher logits
 * @param functionName - the function that was called, for messages
 * @returns a function that goes over the blocks
 */
export function lastLayerBlocks(
  source: TablesSource,
  temperature: number,
  functionName: string,
): ForEachBlock {
  return async (visit) => {
    let block: ReturnType<typeof makeBlock> | undefined
    let first = 0
    for await (const tables of source()) {
      const features = tables.features.shape[1]
      const classes = tables.logits.shape[1]
      block ??= makeBlock(features, classes)
      if (features + 1 !== block.inputs.columns || classes !== block.probabilities.columns) {
        throw new ShapeError(
          `${functionName}: every piece must have ${block.inputs.columns - 1} features and ${block.probabilities.columns} classes, got ${features} and ${classes}`,
        )
      }
      const rows = tables.labels.length
      for (let from = 0; from < rows; from += BLOCK_ROWS) {
        const count = Math.min(BLOCK_ROWS, rows - from)
        fill(block, tables, { from, count, temperature })
        await visit(cut(block, first, count))
        first += count
      }
    }
  }
}

function makeBlock(features: number, classes: number): Omit<LastLayerBlock, 'first' | 'count'> {
  const matrix = (columns: number): Matrix => ({
    values: new Float64Array(BLOCK_ROWS * columns),
    rows: BLOCK_ROWS,
    columns,
  })
  return {
    inputs: matrix(features + 1),
    probabilities: matrix(classes),
    residuals: matrix(classes),
    labels: new Int32Array(BLOCK_ROWS),
  }
}

function cut(block: ReturnType<typeof makeBlock>, first: number, count: number): LastLayerBlock {
  const rows = Math.ceil(count / ROWS_TOGETHER) * ROWS_TOGETHER
  const part = ({ values, columns }: Matrix): Matrix => ({
    values: values.subarray(0, rows * columns),
    rows,
    columns,
  })
  return {
    first,
    count,
    inputs: part(block.inputs),
    probabilities: part(block.probabilities),
    residuals: part(block.residuals),
    labels: block.labels.subarray(0, count),
  }
}

function fill(
  block: ReturnType<typeof makeBlock>,
  { features, logits, labels, teacherLogits }: LastLayerTables,
  { from, count, temperature }: { from: number; count: number; temperature: number },
): void {
  const { inputs, probabilities, residuals } = block
  for (const { values, columns } of [inputs, probabilities, residuals]) values.fill(0, count * columns)
  const width = features.shape[1]
  const classes = logits.shape[1]
  for (let index = 0; index < count; index++) {
    const row = from + index
    for (let column = 0, to = index * (width + 1); column < width; column++)
      inputs.values[to + column] = features.values[row * width + column]!
    inputs.values[index * (width + 1) + width] = 1
    block.labels[index] = labels[row]!
    softmaxRow(logits, row, teacherLogits ? temperature : 1, probabilities.values, index * classes)
    const to = index * classes
    if (teacherLogits === undefined) {
      for (let j = to; j < to + classes; j++) residuals.values[j] = probabilities.values[j]!
      residuals.values[to + labels[row]!]! -= 1
    } else {
      softmaxRow(teacherLogits, row, temperature, residuals.values, to)
      for (let j = to; j < to + classes; j++)
        residuals.values[j] = temperature * (probabilities.values[j]! - residuals.values[j]!)
    }
  }
}

/**
 * Writes softmax(logits / temperature) of one row.
 *
 * @param logits - the table
 * @param row - which row of it
 * @param temperature - > 0
 * @param output - takes the probabilities
 * @param to - where the row begins in it
 */
export function softmaxRow(
  logits: NumberTable,
  row: number,
  temperature: number,
  output: Float64Array,
  to: number,
): void {
  const classes = logits.shape[1]
  const start = row * classes
  // rowMaximum reads any array of numbers; its type names those of the engines.
  const maximum = rowMaximum(logits.values as Float32Array, start, classes)
  let sum = 0
  for (let column = 0; column < classes; column++) {
    const exponential = Math.exp((logits.values[start + column]! - maximum) / temperature)
    output[to + column] = exponential
    sum += exponential
  }
  for (let column = to; column < to + classes; column++) output[column]! /= sum
}
