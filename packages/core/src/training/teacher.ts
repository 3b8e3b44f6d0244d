import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/**
 * A teacher that is not there, but has spoken before: its logits were kept, and are found again by the examples' ids. It has
 * no features and no training mode, and knows nothing of augmented inputs.
 */
export interface StoredTeacher {
  /**
   * Looks logits up; called at every step.
   *
   * @param split - where the examples are
   * @param ids - [N] `Examples.ids`, of examples of that split
   * @returns [N, C] row by row
   */
  storedLogits(split: 'train' | 'validation' | 'test', ids: Int32Array): Float32Array
  /**
   * Whether the logits of an example stand for all its augmentations too. Otherwise a run whose batches augment is refused.
   * @defaultValue false
   */
  readonly fixed?: boolean
}

/**
 * What gives soft labels: a model whose output is logits [N, C], any function from normalised inputs to such logits
 * (a graph model, another runtime, several models at once), or logits that were stored. A function and stored logits have no
 * features and no training mode.
 */
export type Teacher = LayersModel | ((inputs: Tensor) => Tensor2D) | StoredTeacher

/** Whether a teacher is one of stored logits. */
export function isStored(teacher: Teacher): teacher is StoredTeacher {
  return 'storedLogits' in teacher
}
