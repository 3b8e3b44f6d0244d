import type { ComparedFigure } from '../figure-text.js'

/**
 * The results of a comparison of runs: plain data, as `kd compare` writes it to `comparison.json` and as everything that shows
 * it reads it.
 */
export interface Comparison {
  /** The version of this format. */
  readonly version: 1
  /** The name of the comparison, for headings. */
  readonly name: string
  /** The keys in which the runs differ beside their seeds, in the order of the columns. */
  readonly axes: readonly ComparisonAxis[]
  /** The seeds that every combination of labels was run with. */
  readonly seeds: readonly number[]
  /** Labels on some of the axes: a run is compared with the one of its seed that has these labels and otherwise its own. */
  readonly baseline?: Readonly<Record<string, string>>
  /** The figure that runs are compared by; absent for the top-1 accuracy of classification. */
  readonly figure?: ComparedFigure
  /** One run per combination of labels and seed, finished or not. */
  readonly runs: readonly ComparedRun[]
}

/** A key in which runs differ. */
export interface ComparisonAxis {
  /** The key in configs, such as `method` or `student.model.hiddenUnits`. */
  readonly name: string
  /** The names of its values. */
  readonly labels: readonly string[]
}

/** One run of a {@link Comparison}. */
export interface ComparedRun {
  /** The label of the run on each axis. */
  readonly labels: Readonly<Record<string, string>>
  readonly seed: number
  /** The hash of its resolved config and its data. */
  readonly id: string
  /** Its folder, relative to that of the comparison. */
  readonly folder: string
  readonly state: 'done' | 'failed' | 'stopped' | 'submitted'
  /** Why it failed. */
  readonly message?: string
  /** The student after its last epoch, where the run is done. */
  readonly last?: EpochAccuracy
  /** The student of the epoch that was best on the validation split; absent without that split. The test split chooses nothing. */
  readonly best?: EpochAccuracy
  /** How large the student is. */
  readonly student?: { readonly parameters: number; readonly bytes: number }
  /** The figure of each teacher, mostly its top-1 accuracy, and how large it is where that is known. */
  readonly teachers?: readonly {
    readonly train: number
    readonly test?: number
    readonly parameters?: number
    readonly bytes?: number
  }[]
  /** The wall time of the run. */
  readonly seconds?: number
}

/** The figure at the end of one epoch: mostly the top-1 accuracy, as a share of the examples. */
export interface EpochAccuracy {
  /** The number of the epoch, from 1. */
  readonly epoch: number
  readonly validation?: number
  readonly test: number
  /** The mean over classes of the share of their test examples that are predicted right, for classification. */
  readonly balancedAccuracy?: number
  /** The mean over classes of F1 on the test examples, for classification. */
  readonly macroF1?: number
}
