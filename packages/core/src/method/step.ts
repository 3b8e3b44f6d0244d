import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { FeatureMap } from '../model/model.js'
import type { Task } from '../task/task.js'

/**
 * One form of a batch's inputs, and what student and teachers say about it. N examples, C classes.
 *
 * The type of the logits is that of classification unless a method says otherwise.
 */
export interface View<Logits extends Tensor = Tensor2D> {
  /** [N, ...inputShape] as the models saw them. */
  readonly inputs: Tensor
  /** [N, C] unnormalised. Gradients flow through them in the student's phases. */
  readonly studentLogits: Logits
  /** One [N, C] table per teacher. Gradients flow only into a teacher that learns in this phase. */
  readonly teacherLogits: readonly Logits[]
  /** The layer outputs of the student that the method asked for, by name. */
  readonly studentFeatures: FeatureMap
  /** The layer outputs of each teacher that the method asked for, by name. */
  readonly teacherFeatures: readonly FeatureMap[]
}

/** What a method sees of one step: the batch as it is, and what belongs to it. */
export interface Step<
  Logits extends Tensor = Tensor2D,
  Labels extends Tensor = Tensor1D,
> extends View<Logits> {
  /** [N] row of each example in the training set, see `Examples.ids`. */
  readonly ids: Int32Array
  /** The labels as tensors of the task. For classification these are [N] int32 class indices. */
  readonly labels: Labels
  /** Defines what a label means, and its loss. */
  readonly task: Task
  /** The epoch of this step, from 0, for terms that are ramped up. */
  readonly epoch: number
  /** Further forms of the inputs, by the names that the method gave them. */
  readonly views: Readonly<Record<string, View<Logits>>>
}

/**
 * Example losses of one step by name, each [N] and already multiplied by its weight: the loss of example i is the sum
 * of their i-th entries, and the loop takes the mean over examples. Terms of a whole batch stand as the same number for each of
 * its examples.
 */
export type ExampleLosses = Readonly<Record<string, Tensor1D>>
