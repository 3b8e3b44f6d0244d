import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors.js'
import { defineTask, type TaskFactory } from './define-task.js'
import type { LabelArray } from './labels.js'
import { countOfNonFinite, isFinite } from './non-finite.js'
import type { Figures, Meter } from './task.js'

/**
 * Each example has D numbers that are to be predicted; the "logits" are the predictions themselves.
 *
 *     labelLoss_i  = mean_d (student_id - y_id)² / 2
 *     divergence_i = mean_d (student_id - teacher_id)² / (2 temperature²)
 *
 * Both are divergences of normal distributions around the numbers, with standard deviation 1 and temperature: temperature² times the
 * divergence does not depend on the temperature. Figures: `rootMeanSquaredError`, `meanAbsoluteError`, `r2` (the mean of the
 * outputs' coefficients of determination; 0 for an output that is constant) and `loss`.
 *
 * Scale targets to a size around 1: a loss of large numbers has large gradients.
 *
 * @param context - `outputs`: D, how many numbers are predicted, >= 1
 * @returns the task
 * @throws {@link InvalidArgumentError} without an output
 *
 * @example
 * ```ts
 * import { regression } from '@kd/core'
 *
 * const meter = regression({ outputs: 1 }).meter()
 * meter.add(new Float32Array([1, 2]), new Float32Array([1, 4]))
 * console.log(meter.figures()['meanAbsoluteError']) // 1
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no options
export const regression: TaskFactory<Record<never, never>> = defineTask({
  name: 'regression',
  summary: 'numbers are to be predicted',
  options: {},
  labels: 'numbers',
  make({ outputs }) {
    if (!Number.isInteger(outputs) || outputs < 1) {
      throw new InvalidArgumentError(`regression: outputs must be a whole number >= 1, got ${outputs}`)
    }
    return {
      name: 'regression',
      outputShape: [outputs],
      labelShape: [outputs],
      kinds: {
        rootMeanSquaredError: { title: 'root mean squared error', unit: 'number', better: 'lower' },
        meanAbsoluteError: { title: 'mean absolute error', unit: 'number', better: 'lower' },
        r2: { title: 'R²', unit: 'number', better: 'higher' },
        loss: { title: 'half mean squared error', unit: 'number', better: 'lower' },
      },
      monitor: 'rootMeanSquaredError',
      labelProblem: (label) => {
        const wrong = label.find((value) => !Number.isFinite(value))
        return wrong === undefined ? undefined : `must be finite, got ${wrong}`
      },
      labelTensor: (labels, examples) => tf.tensor2d(Float32Array.from(labels), [examples, outputs]),
      labelLoss: (logits, labels) => tf.mean(tf.div(tf.squaredDifference(logits, labels), 2), 1),
      divergence: (teacherLogits, studentLogits, temperature) =>
        tf.mean(tf.div(tf.squaredDifference(studentLogits, teacherLogits), 2 * temperature ** 2), 1),
      batchFigures: (logits, labels) => ({ meanAbsoluteError: tf.mean(tf.abs(tf.sub(logits, labels))) }),
      meter: () => new RegressionMeter(outputs),
    }
  },
})

class RegressionMeter implements Meter {
  readonly #outputs: number
  #examples = 0
  #nonFinite = 0
  #absolute = 0
  readonly #squared: Float64Array
  /** Running mean of the targets and sum of their squared distances from it (Welford). */
  readonly #mean: Float64Array
  readonly #spread: Float64Array

  constructor(outputs: number) {
    this.#outputs = outputs
    this.#squared = new Float64Array(outputs)
    this.#mean = new Float64Array(outputs)
    this.#spread = new Float64Array(outputs)
  }

  add(logits: Float32Array, labels: LabelArray): void {
    for (let from = 0; from < labels.length; from += this.#outputs) {
      this.#examples += 1
      if (!isFinite(logits.subarray(from, from + this.#outputs))) this.#nonFinite += 1
      for (let output = 0; output < this.#outputs; output++) {
        const target = labels[from + output]!
        const error = logits[from + output]! - target
        this.#absolute += Math.abs(error)
        this.#squared[output]! += error ** 2
        const delta = target - this.#mean[output]!
        this.#mean[output]! += delta / this.#examples
        this.#spread[output]! += delta * (target - this.#mean[output]!)
      }
    }
  }

  figures(): Figures {
    const numbers = this.#examples * this.#outputs
    const squared = this.#squared.reduce((sum, value) => sum + value, 0)
    const determination = this.#squared.map((errors, output) =>
      this.#spread[output]! === 0 ? 0 : 1 - errors / this.#spread[output]!,
    )
    return {
      examples: this.#examples,
      rootMeanSquaredError: Math.sqrt(squared / numbers),
      meanAbsoluteError: this.#absolute / numbers,
      r2: determination.reduce((sum, value) => sum + value, 0) / this.#outputs,
      loss: squared / (2 * numbers),
      ...countOfNonFinite(this.#nonFinite),
    }
  }
}
