import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError, type RandomSource } from '@kd/core'

/** The rows of a training split that can be negatives: for each class those of all other classes. */
export class Negatives {
  readonly #labels: Int32Array
  readonly #rows = new Map<number, Int32Array>()

  /**
   * @param labels - of the training split, row by row
   * @throws {@link InvalidArgumentError} when all are of one class
   */
  constructor(labels: Int32Array) {
    this.#labels = labels
    for (const label of new Set(labels)) {
      const others = Int32Array.from(labels.keys()).filter((row) => labels[row] !== label)
      this.#rows.set(label, others)
      if (others.length === 0)
        throw new InvalidArgumentError(
          'contrastiveRepresentation: the training split must have at least 2 classes, got 1',
        )
    }
  }

  /**
   * Draws the negatives of a batch.
   *
   * @param rows - of its N examples
   * @param count - negatives of each
   * @param random - of the step
   * @returns [N, rows of the split] 1 at each example's own row, and how often each row was drawn as a negative
   */
  tables(
    rows: Int32Array,
    count: number,
    random: RandomSource,
  ): { positives: tf.Tensor2D; negatives: tf.Tensor2D } {
    const all = this.#labels.length
    const [positives, negatives] = [new Float32Array(rows.length * all), new Float32Array(rows.length * all)]
    for (const [index, row] of rows.entries()) {
      positives[index * all + row] = 1
      this.draw(row, count, random.split(row), negatives.subarray(index * all, (index + 1) * all))
    }
    const shape: [number, number] = [rows.length, all]
    return { positives: tf.tensor2d(positives, shape), negatives: tf.tensor2d(negatives, shape) }
  }

  /**
   * Draws negatives of an example, each at most once where there are as many.
   *
   * @param row - of the example
   * @param count - how many are drawn
   * @param random - of the step and the example
   * @param drawn - [rows of the split] to which the number of times is added that each row was drawn
   */
  draw(row: number, count: number, random: RandomSource, drawn: Float32Array): void {
    const rows = this.#rows.get(this.#labels[row]!)!
    if (count >= rows.length) {
      for (let index = 0; index < count; index++) drawn[rows[random.integer(rows.length)]!]! += 1
      return
    }
    // Floyd's way to a random subset, which needs no copy of the rows.
    for (let last = rows.length - count; last < rows.length; last++) {
      const chosen = rows[random.integer(last + 1)]!
      drawn[drawn[chosen] === 0 ? chosen : rows[last]!] = 1
    }
  }
}
