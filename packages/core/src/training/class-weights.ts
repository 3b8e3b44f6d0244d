import * as tf from '@tensorflow/tfjs-core'
import type { AnyDataset } from '../dataset/dataset.js'
import { InvalidArgumentError } from '../errors.js'
import type { RunningMethod } from '../method/method.js'
import { delegate, studentPhases } from '../method/wrap-method.js'
import type { Task } from '../task/task.js'

/** How much an example counts by its class: one number per class, or numbers that make all classes count the same. */
export type ClassWeights = 'balanced' | readonly number[]

/**
 * Works out the weight of each class. Balanced weights are N / (K n_c) for N training examples, n_c of them of class c, and K
 * classes that occur: their mean over the examples is 1, and each class that occurs has the same share of the loss. A class that
 * does not occur gets 1.
 *
 * @param weights - as a run was given them
 * @param dataset - its training labels are counted
 * @param task - must be classification
 * @returns one weight per class
 * @throws {@link InvalidArgumentError} for another task, another number of weights, or a weight that is none
 *
 * @see the formula is that of class_weight='balanced' in scikit-learn
 */
export function classWeightsOf(
  weights: ClassWeights,
  { train: { labels } }: Pick<AnyDataset, 'train'>,
  { name, outputShape }: Task,
): readonly number[] {
  if (name !== 'classification') {
    throw new InvalidArgumentError(`distill: classWeights must be for classification, got the task ${name}`)
  }
  const classes = outputShape[0]!
  if (weights === 'balanced') {
    const counts = new Array<number>(classes).fill(0)
    for (const label of labels) counts[label]! += 1
    const occurring = counts.filter((count) => count > 0).length
    return counts.map((count) => (count === 0 ? 1 : labels.length / (occurring * count)))
  }
  // A program in JavaScript may give anything.
  if (typeof weights !== 'object' || weights.length !== classes) {
    const found = typeof weights === 'object' ? `${weights.length} numbers` : String(weights)
    throw new InvalidArgumentError(
      `distill: classWeights must be 'balanced' or one number for each of ${classes} classes, got ${found}`,
    )
  }
  const wrong = weights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0))
  if (wrong !== -1) {
    throw new InvalidArgumentError(
      `distill: classWeights must be finite numbers >= 0, got ${weights[wrong]} for class ${wrong}`,
    )
  }
  const occurs = new Set<number>(labels)
  if (!weights.some((weight, label) => weight > 0 && occurs.has(label))) {
    throw new InvalidArgumentError(
      'distill: classWeights must be above 0 for a class that occurs, got 0 for all',
    )
  }
  return weights
}

/**
 * Multiplies each example's losses in the student's phases by the weight of its class.
 *
 * @param running - the method in a run
 * @param weights - one per class
 * @returns a method in the run that does the rest as before
 */
export function weighClasses(running: RunningMethod, weights: readonly number[]): RunningMethod {
  const phases = studentPhases(running, (step, inner) => {
    const ofExamples = tf.gather(tf.tensor1d([...weights]), step.labels)
    return Object.fromEntries(
      Object.entries(inner(step)).map(([name, part]) => [name, tf.mul(part, ofExamples)]),
    )
  })
  return delegate(running, { phases })
}
