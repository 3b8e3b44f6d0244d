import type { LabelArray } from './labels.js'
import { countOfNonFinite, isFinite } from './non-finite.js'
import type { Meter } from './task.js'

/** How well predictions fit their labels. */
export interface ClassificationMetrics {
  /** How many examples were predicted. */
  readonly examples: number
  /** Mean cross-entropy to the labels, nats, over the examples whose logits are finite. */
  readonly loss: number
  /** Share of examples whose label has the largest logit, in [0, 1]. */
  readonly top1: number
  /** Share of examples whose label is among the five largest logits; absent with fewer than six classes. */
  readonly top5?: number
  /** Mean over the classes that occur of the share of their examples that is predicted right, in [0, 1]. */
  readonly balancedAccuracy: number
  /** Mean over the classes that occur or are predicted of the F1 score, 2 right / (occurring + predicted), in [0, 1]. */
  readonly macroF1: number
  /** Expected calibration error over 15 equal bins of confidence, in [0, 1]. */
  readonly expectedCalibrationError: number
  /** How many examples got a logit that is not finite; absent where there is none. */
  readonly nonFinite?: number
}

const BINS = 15

/**
 * Measures logits against labels.
 *
 * A tie for the largest logit goes to the lower class, as in argmax. An example with a logit that is not finite counts as a wrong
 * prediction that was sure of itself, and is left out of the loss. Calibration error: the mean over examples of the
 * distance between accuracy and mean confidence of an example's bin.
 *
 * @param logits - [N, C] row by row
 * @param labels - [N] class indices
 * @returns the metrics
 *
 * @see Guo et al.: On Calibration of Modern Neural Networks, 2017, equation 5
 */
export function classificationMetrics(logits: Float32Array, labels: Int32Array): ClassificationMetrics {
  const meter = new ClassificationMeter(logits.length / labels.length)
  meter.add(logits, labels)
  return meter.figures()
}

/** Measures logits [N, C] against class indices, piece by piece. */
export class ClassificationMeter implements Meter {
  readonly #classes: number
  readonly #gaps = new Float64Array(BINS)
  #examples = 0
  #loss = 0
  #first = 0
  #firstFive = 0
  #nonFinite = 0
  /** Examples of each class: how many there are, how many are predicted, and how many of both. */
  readonly #actual: Float64Array
  readonly #predicted: Float64Array
  readonly #right: Float64Array

  constructor(classes: number) {
    this.#classes = classes
    this.#actual = new Float64Array(classes)
    this.#predicted = new Float64Array(classes)
    this.#right = new Float64Array(classes)
  }

  add(logits: Float32Array, labels: LabelArray): void {
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row]!
      this.#actual[label]! += 1
      const ofRow = logits.subarray(row * this.#classes, (row + 1) * this.#classes)
      if (!isFinite(ofRow)) {
        this.#nonFinite += 1
        this.#gaps[BINS - 1]! -= 1
        continue
      }
      const { rank, prediction, confidence, crossEntropy } = judge(ofRow, label)
      this.#predicted[prediction]! += 1
      if (rank === 0) this.#right[label]! += 1
      this.#loss += crossEntropy
      if (rank === 0) this.#first += 1
      if (rank < 5) this.#firstFive += 1
      const bin = Math.min(BINS - 1, Math.floor(confidence * BINS))
      this.#gaps[bin]! += (rank === 0 ? 1 : 0) - confidence
    }
    this.#examples += labels.length
  }

  figures(): ClassificationMetrics & Readonly<Record<string, number>> {
    const examples = this.#examples
    return {
      examples,
      loss: this.#loss / (examples - this.#nonFinite),
      top1: this.#first / examples,
      ...(this.#classes > 5 ? { top5: this.#firstFive / examples } : {}),
      balancedAccuracy: this.#meanOverClasses((actual, _, right) =>
        actual === 0 ? undefined : right / actual,
      ),
      macroF1: this.#meanOverClasses((actual, predicted, right) =>
        actual + predicted === 0 ? undefined : (2 * right) / (actual + predicted),
      ),
      expectedCalibrationError: this.#gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / examples,
      ...countOfNonFinite(this.#nonFinite),
    }
  }

  /** The mean of what is measured of a class, over the classes for which it can be. */
  #meanOverClasses(
    measure: (actual: number, predicted: number, right: number) => number | undefined,
  ): number {
    let [sum, count] = [0, 0]
    for (let label = 0; label < this.#classes; label++) {
      const value = measure(this.#actual[label]!, this.#predicted[label]!, this.#right[label]!)
      if (value === undefined) continue
      sum += value
      count += 1
    }
    return sum / count
  }
}

/** The label's place among the logits, the class of the largest one, the largest probability, and the cross-entropy, of one row. */
function judge(
  logits: Float32Array,
  label: number,
): { rank: number; prediction: number; confidence: number; crossEntropy: number } {
  const own = logits[label]!
  let maximum = -Infinity
  let prediction = 0
  let rank = 0
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index]!
    if (logit > maximum) {
      maximum = logit
      prediction = index
    }
    if (logit > own || (logit === own && index < label)) rank += 1
  }
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - maximum)
  return { rank, prediction, confidence: 1 / sum, crossEntropy: maximum + Math.log(sum) - own }
}
