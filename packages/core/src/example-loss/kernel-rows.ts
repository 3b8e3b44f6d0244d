import { InvalidArgumentError } from '../errors.js'
import type { KernelArray } from './fused-kernel.js'

/**
 * Reads a label inside a fused kernel, where its value can be seen at no cost.
 *
 * @param labels - class indices
 * @param row - which one
 * @param classes - how many classes there are
 * @param functionName - the function that was called, for the message
 * @returns the label, in [0, classes)
 * @throws {@link InvalidArgumentError} when it is out of range
 */
export function labelAt(labels: KernelArray, row: number, classes: number, functionName: string): number {
  const label = labels[row]!
  if (label >= 0 && label < classes) return label
  throw new InvalidArgumentError(
    `${functionName}: labels must be in [0, ${classes - 1}], got ${label} in row ${row}`,
  )
}

/** The largest logit of the row that starts at `start`. */
export function rowMaximum(logits: KernelArray, start: number, classes: number): number {
  let maximum = logits[start]!
  for (let index = start + 1; index < start + classes; index++) {
    if (logits[index]! > maximum) maximum = logits[index]!
  }
  return maximum
}

/** log sum_j exp((z_j - maximum) / temperature) over the row that starts at `start`. */
export function rowLogSumExp(
  logits: KernelArray,
  start: number,
  classes: number,
  maximum: number,
  temperature: number,
): number {
  let sum = 0
  for (let index = start; index < start + classes; index++)
    sum += Math.exp((logits[index]! - maximum) / temperature)
  return Math.log(sum)
}

/**
 * Fills a row with exp((z_j - maximum) / temperature), from which a softmax is one division away.
 *
 * @param logits - its row begins at `start`
 * @param output - takes the numbers from `outputStart` on
 * @returns their sum, >= 1
 */
export function rowExponentials(
  logits: KernelArray,
  start: number,
  classes: number,
  temperature: number,
  output: Float32Array,
  outputStart: number,
): number {
  const maximum = rowMaximum(logits, start, classes)
  let sum = 0
  for (let column = 0; column < classes; column++) {
    const exponential = Math.exp((logits[start + column]! - maximum) / temperature)
    output[outputStart + column] = exponential
    sum += exponential
  }
  return sum
}
