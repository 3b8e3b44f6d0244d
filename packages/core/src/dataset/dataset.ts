import type { LabelArray } from '../task/labels.js'
import type { Task } from '../task/task.js'

/** Labelled examples in memory: N rows of the dataset's input shape. */
export interface Examples<Labels extends LabelArray = Int32Array> {
  /** [N, ...inputShape], row by row; bytes for images as they come, floats otherwise, double where float32 would lose what tells rows apart. */
  readonly inputs: Float32Array | Float64Array | Uint8Array
  /** The truth, [N, ...labelShape of the task] row by row; for classification [N] class indices in [0, C). */
  readonly labels: Labels
  /** [N] row of each example in the file or array that it came from; unique. Methods keep state by it. */
  readonly ids: Int32Array
  /** The labels before {@link Examples.labels} were corrupted, in the same form, where that is known. */
  readonly cleanLabels?: Labels
}

/** How inputs are scaled before a model sees them: (input - mean) / standardDeviation for each channel. */
export interface Normalization {
  /** One number, or one per channel (the last axis of the input shape), in units of the stored inputs. */
  readonly mean: readonly number[]
  /** The deviations, as many as `mean` has numbers; every one > 0. */
  readonly standardDeviation: readonly number[]
}

/** A data set: its splits and what every example has in common. */
export interface Dataset<Labels extends LabelArray = Int32Array> {
  readonly name: string
  /** Shape of one input without the batch axis, channels last: [features] or [height, width, channels]. */
  readonly inputShape: readonly number[]
  /** Names of the outputs: the C classes by label, or what each number stands for that is predicted. */
  readonly classNames: readonly string[]
  readonly normalization: Normalization
  /** Names of the numbers of an input [features], in their order, where they have names: the columns of a table. */
  readonly featureNames?: readonly string[]
  /** How many examples the file or array has that the ids of the training split count, those that are left out or held out too. */
  readonly sourceExamples?: number
  /**
   * What is to be learned.
   * @defaultValue classification into `classNames`
   */
  readonly task?: Task
  readonly train: Examples<Labels>
  /** Held out from training: chooses the best epoch and feeds methods that learn on held-out data. */
  readonly validation?: Examples<Labels>
  /** Looked at only to report. */
  readonly test?: Examples<Labels>
}

/** A data set of any task. */
export type AnyDataset = Dataset<LabelArray>

/** A part of a data set. */
export type Split = 'train' | 'validation' | 'test'
