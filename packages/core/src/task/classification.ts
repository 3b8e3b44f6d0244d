import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors.js'
import { crossEntropy } from '../example-loss/cross-entropy.js'
import { klDivergence } from '../example-loss/kl-divergence.js'
import { ClassificationMeter } from './classification-metrics.js'
import { defineTask, type TaskFactory } from './define-task.js'
import type { FigureKind, Task } from './task.js'

/**
 * Each example is of one of C classes: labels are class indices, the loss is the cross-entropy, figures are top-1 and top-5
 * accuracy, balanced accuracy, macro F1, the loss and the calibration error.
 *
 * @param context - `outputs`: C, the number of classes
 * @returns the task
 * @throws {@link InvalidArgumentError} with fewer than two classes
 *
 * @example
 * ```ts
 * import { classification } from '@kd/core'
 *
 * const task = classification({ outputs: 10 })
 * console.log(task.monitor, task.outputShape) // top1 [ 10 ]
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no options
export const classification: TaskFactory<Record<never, never>> = defineTask({
  name: 'classification',
  summary: 'each example is of one of several classes',
  options: {},
  labels: 'class',
  make({ outputs: classes }) {
    if (!Number.isInteger(classes) || classes < 2) {
      throw new InvalidArgumentError(`classification: outputs must be a whole number >= 2, got ${classes}`)
    }
    return {
      name: 'classification',
      outputShape: [classes],
      labelShape: [],
      kinds: classes > 5 ? kinds : withoutTop5,
      monitor: 'top1',
      labelProblem: ([label]) =>
        label !== undefined && Number.isInteger(label) && label >= 0 && label < classes
          ? undefined
          : `must be in [0, ${classes}), got ${label}`,
      labelTensor: (labels) => tf.tensor1d(labels as Int32Array, 'int32'),
      labelLoss: (logits, labels) => crossEntropy(logits as tf.Tensor2D, labels as tf.Tensor1D),
      divergence: (teacherLogits, studentLogits, temperature) =>
        klDivergence(teacherLogits as tf.Tensor2D, studentLogits as tf.Tensor2D, temperature),
      batchFigures: (logits, labels) => ({
        top1: tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')),
      }),
      meter: () => new ClassificationMeter(classes),
    }
  },
})

const kinds: Readonly<Record<string, FigureKind>> = {
  top1: { title: 'top-1 accuracy', unit: 'share', better: 'higher' },
  top5: { title: 'top-5 accuracy', unit: 'share', better: 'higher' },
  balancedAccuracy: { title: 'balanced accuracy', unit: 'share', better: 'higher' },
  macroF1: { title: 'macro F1', unit: 'share', better: 'higher' },
  loss: { title: 'cross-entropy', unit: 'nats', better: 'lower' },
  expectedCalibrationError: { title: 'calibration error', unit: 'share', better: 'lower' },
}

const { top5: _, ...withoutTop5 } = kinds

/**
 * Finds the task that a data set is learned for.
 *
 * @param dataset - with its task, or with the names of its classes
 * @returns its task, by default classification
 */
export function taskOf({
  task,
  classNames,
}: {
  readonly task?: Task | undefined
  readonly classNames: readonly string[]
}): Task {
  return task ?? classification({ outputs: classNames.length })
}
