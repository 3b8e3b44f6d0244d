import type { LabelArray } from './labels.js'
import type { Meter } from './task.js'

/** How well predictions fit their labels. */
export interface ClassificationMetrics {
  /** How many examples were predicted. */
  readonly examples: number
  /** Mean cross-entropy to the labels, nats. */
  readonly loss: number
  /** Share of examples whose label has the largest logit, in [0, 1]. */
  readonly top1: number
  /** Share of examples whose label is among the five largest logits; absent with fewer than six classes. */
  readonly top5?: number
  /** Expected calibration error over 15 equal bins of confidence, in [0, 1]. */
  readonly expectedCalibrationError: number
}

const BINS = 15

/**
 * Measures logits against labels.
 *
 * A tie for the largest logit goes to the lower class, as in argmax. Calibration error: the mean over examples of the
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

  constructor(classes: number) {
    this.#classes = classes
  }

  add(logits: Float32Array, labels: LabelArray): void {
    for (let row = 0; row < labels.length; row++) {
      const { rank, confidence, crossEntropy } = judge(
        logits.subarray(row * this.#classes, (row + 1) * this.#classes),
        labels[row]!,
      )
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
      loss: this.#loss / examples,
      top1: this.#first / examples,
      ...(this.#classes > 5 ? { top5: this.#firstFive / examples } : {}),
      expectedCalibrationError: this.#gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / examples,
    }
  }
}

/** The label's place among the logits, the largest probability, and the cross-entropy, of one row. */
function judge(
  logits: Float32Array,
  label: number,
): { rank: number; confidence: number; crossEntropy: number } {
  const own = logits[label]!
  let maximum = -Infinity
  let rank = 0
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index]!
    if (logit > maximum) maximum = logit
    // Asked this way round, a NaN counts as wrong.
    if (!(logit < own || (logit === own && index >= label))) rank += 1
  }
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - maximum)
  return { rank, confidence: 1 / sum, crossEntropy: maximum + Math.log(sum) - own }
}
