import * as tf from '@tensorflow/tfjs-core'
import type { Split } from '../dataset/dataset.js'
import { ShapeError } from '../errors.js'
import type { Teacher } from './teacher.js'

/** Logits that a teacher gave earlier, found again by the ids of the examples. The teacher itself need not be there. */
export interface KeptAnswers {
  /**
   * Looks logits up; called at every step.
   *
   * @param split - where the examples are
   * @param ids - [N] `Examples.ids`, of examples of that split
   * @returns [N, C] row by row
   */
  keptLogits(split: Split, ids: Int32Array): Float32Array
  /**
   * Whether the logits of an example stand for all its augmentations too. Otherwise a run whose batches augment is refused.
   * @defaultValue false
   */
  readonly fixed?: boolean
}

/**
 * Makes a teacher of answers that were kept. It has no features and no training mode.
 *
 * @param answers - see {@link KeptAnswers}
 * @param name - for messages
 * @returns the teacher
 *
 * @example
 * ```ts
 * import { keptAnswers } from '@kd/core'
 *
 * const table = new Float32Array([2, 0, 0, 2])
 * const teacher = keptAnswers({
 *   keptLogits: (split, ids) => Float32Array.from([...ids].flatMap((id) => [...table.subarray(2 * id, 2 * id + 2)])),
 * })
 * console.log(teacher.kept) // clean
 * ```
 */
export function keptAnswers(answers: KeptAnswers, name = 'kept answers'): Teacher {
  return {
    name,
    features: [],
    kept: answers.fixed === true ? 'any' : 'clean',
    answer({ split, ids }) {
      const values = answers.keptLogits(split, ids)
      const classes = values.length / ids.length
      if (!Number.isInteger(classes)) {
        throw new ShapeError(
          `distill: ${name} must have logits [${ids.length}, C] kept for ${ids.length} examples, got ${values.length} values`,
        )
      }
      return { logits: tf.tensor2d(values, [ids.length, classes]), features: {} }
    },
  }
}
