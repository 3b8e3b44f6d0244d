import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors.js'
import type { ExampleLosses } from './step.js'

/**
 * The loss of a step: mean_i sum_part part_i.
 *
 * @param parts - example losses [N] by name, each already weighted
 * @returns what is minimised
 * @throws {@link InvalidArgumentError} when there is no part
 */
export function meanLoss(parts: ExampleLosses): tf.Scalar {
  const losses = Object.values(parts)
  if (losses.length === 0)
    throw new InvalidArgumentError('meanLoss: parts must hold at least one loss, got none')
  return tf.mean(losses.reduce((left, right) => tf.add(left, right)))
}
