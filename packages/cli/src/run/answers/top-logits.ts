/** The greatest logits of some examples. N examples, K classes of each. */
export interface TopLogits {
  /** [N, K] their classes, rising within a row. */
  readonly classes: Uint16Array
  /** [N, K] their logits. */
  readonly logits: Float32Array
  /** [N] the logit that stands for each of the other classes. */
  readonly rest: Float32Array
}

/**
 * Keeps the K greatest logits of each row, and one number for all the others.
 *
 * The K logits stay as they are. The probability left over is spread evenly over the other classes, as FKD's "marginal
 * smoothing" does with probabilities: `rest` is the logit which, given to each of them, leaves the sum of all exponentials
 * unchanged. At temperature 1 the K classes keep their probabilities. At any other, what the others have together is an
 * approximation; keeping logits, and not probabilities, so that there can be another temperature is this toolkit's choice. Of
 * equal logits those of the lower classes are kept.
 *
 * @param logits - [N, C] row by row
 * @param sizes - C, and K < C
 * @returns what is kept
 *
 * @see Shen, Xing: A Fast Knowledge Distillation Framework for Visual Recognition, ECCV 2022, arXiv 2112.01528
 */
export function topLogits(
  logits: Float32Array,
  { classes, top }: { readonly classes: number; readonly top: number },
): TopLogits {
  const rows = logits.length / classes
  const kept = {
    classes: new Uint16Array(rows * top),
    logits: new Float32Array(rows * top),
    rest: new Float32Array(rows),
  }
  const order = new Uint16Array(classes)
  for (let row = 0; row < rows; row++) {
    const values = logits.subarray(row * classes, (row + 1) * classes)
    for (let index = 0; index < classes; index++) order[index] = index
    order.sort((one, other) => values[other]! - values[one]! || one - other)
    const greatest = order.slice(0, top).sort()
    kept.classes.set(greatest, row * top)
    greatest.forEach((index, at) => (kept.logits[row * top + at] = values[index]!))
    kept.rest[row] = logMeanExp(Array.from(order.subarray(top), (index) => values[index]!))
  }
  return kept
}

/** Returns log(mean(exp(values))) of values in falling order. */
function logMeanExp(values: readonly number[]): number {
  const [greatest = 0] = values
  const sum = values.reduce((total, value) => total + Math.exp(value - greatest), 0)
  return greatest + Math.log(sum / values.length)
}

/**
 * Makes a row of C logits of what was kept of it.
 *
 * @param kept - of some examples
 * @param row - which of them
 * @param output - [C], written to
 */
export function spreadTopLogits(
  { classes, logits, rest }: TopLogits,
  row: number,
  output: Float32Array,
): void {
  const top = logits.length / rest.length
  output.fill(rest[row]!)
  for (let index = row * top; index < (row + 1) * top; index++) output[classes[index]!] = logits[index]!
}
