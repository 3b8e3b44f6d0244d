import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors.js'
import { defineTask, type TaskFactory } from './define-task.js'
import type { LabelArray } from './labels.js'
import { countOfNonFinite, isFinite } from './non-finite.js'
import type { Figures, Meter } from './task.js'

/**
 * Each example has any number of C labels: its truth is C times 0 or 1, each logit stands for one label by its sigmoid.
 *
 *     labelLoss_i  = mean_c  -y_ic log s_ic - (1 - y_ic) log(1 - s_ic),             s = sigmoid(logits)
 *     divergence_i = mean_c  KL of two-way predictions, sigmoid(teacher / temperature) against sigmoid(student / temperature)
 *
 * A label is predicted where its logit is > 0. Figures: `microF1` and `macroF1` (a label that is neither there nor predicted counts 0),
 * `subsetAccuracy` (all labels of an example right), `hammingLoss` (share of wrong labels) and `loss`.
 *
 * @param context - `outputs`: C, how many labels an example has or has not, >= 1
 * @returns the task
 * @throws {@link InvalidArgumentError} without a label
 *
 * @example
 * ```ts
 * import { multiLabel } from '@kd/core'
 *
 * const meter = multiLabel({ outputs: 2 }).meter()
 * meter.add(new Float32Array([3, -1, 2, 2]), new Uint8Array([1, 0, 1, 0]))
 * console.log(meter.figures()['subsetAccuracy']) // 0.5
 * ```
 *
 * @see the mean over labels is that of PyTorch's BCEWithLogitsLoss; divergences label by label after Yang et al.: Multi-Label Knowledge
 * Distillation, ICCV 2023, arXiv 2308.06453, whose other term (embeddings by label) is not part of it
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no options
export const multiLabel: TaskFactory<Record<never, never>> = defineTask({
  name: 'multi-label',
  summary: 'each example has any number of labels',
  options: {},
  labels: 'flags',
  make({ outputs: classes }) {
    if (!Number.isInteger(classes) || classes < 1) {
      throw new InvalidArgumentError(`multiLabel: outputs must be a whole number >= 1, got ${classes}`)
    }
    return {
      name: 'multi-label',
      outputShape: [classes],
      labelShape: [classes],
      kinds: {
        microF1: { title: 'micro F1', unit: 'share', better: 'higher' },
        macroF1: { title: 'macro F1', unit: 'share', better: 'higher' },
        subsetAccuracy: { title: 'subset accuracy', unit: 'share', better: 'higher' },
        hammingLoss: { title: 'Hamming loss', unit: 'share', better: 'lower' },
        loss: { title: 'binary cross-entropy', unit: 'nats', better: 'lower' },
      },
      monitor: 'microF1',
      labelProblem: (label) => {
        const wrong = label.find((value) => value !== 0 && value !== 1)
        return wrong === undefined ? undefined : `must be 0 or 1, got ${wrong}`
      },
      labelTensor: (labels, examples) => tf.tensor2d(Float32Array.from(labels), [examples, classes]),
      labelLoss: (logits, labels) => tf.mean(crossEntropyOfSigmoid(logits, labels), 1),
      divergence: (teacherLogits, studentLogits, temperature) => {
        const soft = tf.sigmoid(tf.div(teacherLogits, temperature))
        const softened = tf.div(studentLogits, temperature)
        const entropy = crossEntropyOfSigmoid(tf.div(teacherLogits, temperature), soft)
        return tf.mean(tf.sub(crossEntropyOfSigmoid(softened, soft), entropy), 1)
      },
      batchFigures: (logits, labels) => ({
        hammingLoss: tf.mean(
          tf.cast(tf.notEqual(tf.cast(tf.greater(logits, 0), 'float32'), labels), 'float32'),
        ),
      }),
      meter: () => new MultiLabelMeter(classes),
    }
  },
})

/** Cross-entropy of sigmoid(z) to y, element by element: max(z, 0) - z y + log(1 + exp(-|z|)). */
function crossEntropyOfSigmoid(logits: tf.Tensor, truth: tf.Tensor): tf.Tensor {
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, truth)), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))))
}

class MultiLabelMeter implements Meter {
  readonly #classes: number
  /** True positives, predicted and actual ones of each label. */
  readonly #hits: Float64Array
  readonly #predicted: Float64Array
  readonly #actual: Float64Array
  #examples = 0
  #exact = 0
  #wrong = 0
  #loss = 0
  #nonFinite = 0

  constructor(classes: number) {
    this.#classes = classes
    this.#hits = new Float64Array(classes)
    this.#predicted = new Float64Array(classes)
    this.#actual = new Float64Array(classes)
  }

  add(logits: Float32Array, labels: LabelArray): void {
    const examples = labels.length / this.#classes
    for (let row = 0; row < examples; row++) {
      const finite = isFinite(logits.subarray(row * this.#classes, (row + 1) * this.#classes))
      if (!finite) this.#nonFinite += 1
      let wrong = 0
      for (let column = 0; column < this.#classes; column++) {
        const logit = logits[row * this.#classes + column]!
        const truth = labels[row * this.#classes + column]!
        const predicted = logit > 0 ? 1 : 0
        this.#hits[column]! += predicted * truth
        this.#predicted[column]! += predicted
        this.#actual[column]! += truth
        // A number that is not finite is a wrong prediction whatever the truth is.
        if (predicted !== truth || !Number.isFinite(logit)) wrong += 1
        if (!finite) continue
        this.#loss +=
          (Math.max(logit, 0) - logit * truth + Math.log1p(Math.exp(-Math.abs(logit)))) / this.#classes
      }
      this.#wrong += wrong
      if (wrong === 0) this.#exact += 1
    }
    this.#examples += examples
  }

  figures(): Figures {
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)
    const f1 = (hits: number, predicted: number, actual: number): number =>
      predicted + actual === 0 ? 0 : (2 * hits) / (predicted + actual)
    const byLabel = Array.from(this.#hits, (hits, label) =>
      f1(hits, this.#predicted[label]!, this.#actual[label]!),
    )
    return {
      examples: this.#examples,
      microF1: f1(sum(this.#hits), sum(this.#predicted), sum(this.#actual)),
      macroF1: sum(Float64Array.from(byLabel)) / this.#classes,
      subsetAccuracy: this.#exact / this.#examples,
      hammingLoss: this.#wrong / (this.#examples * this.#classes),
      loss: this.#loss / (this.#examples - this.#nonFinite),
      ...countOfNonFinite(this.#nonFinite),
    }
  }
}
