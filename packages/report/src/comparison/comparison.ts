/**
 * What a comparison of runs found: plain data, as `kd compare` writes it to `comparison.json` and as everything that shows
 * it reads it.
 */
export interface Comparison {
  /** Of this format. */
  readonly version: 1
  /** For headings. */
  readonly name: string
  /** What the runs differ in beside their seeds, in the order of the columns. */
  readonly axes: readonly ComparisonAxis[]
  /** Seeds that every combination of labels was run with. */
  readonly seeds: readonly number[]
  /** Label on some of the axes: a run is held against the one that has these labels and otherwise its own, of its seed. */
  readonly baseline?: Readonly<Record<string, string>>
  /** One per combination of labels and seed, finished or not. */
  readonly runs: readonly ComparedRun[]
}

/** Something that runs differ in. */
export interface ComparisonAxis {
  /** A key of configs, such as `method` or `student.model.hiddenUnits`. */
  readonly name: string
  /** Names of its values. */
  readonly labels: readonly string[]
}

/** One run of a {@link Comparison}. */
export interface ComparedRun {
  /** Its label on each axis. */
  readonly labels: Readonly<Record<string, string>>
  readonly seed: number
  /** Hash of its resolved config and its data. */
  readonly id: string
  /** Its folder, relative to the comparison's. */
  readonly folder: string
  readonly state: 'done' | 'failed' | 'stopped' | 'submitted'
  /** Why it failed. */
  readonly message?: string
  /** The student after its last epoch, where the run is done. */
  readonly last?: EpochAccuracy
  /** The student of the epoch best on the validation split; absent without one. No epoch is chosen on test. */
  readonly best?: EpochAccuracy
  /** Top-1 accuracy of each teacher. */
  readonly teachers?: readonly { readonly train: number; readonly test?: number }[]
  /** Wall time. */
  readonly seconds?: number
}

/** Top-1 accuracy at the end of one epoch, as shares of the examples. */
export interface EpochAccuracy {
  /** From 1. */
  readonly epoch: number
  readonly validation?: number
  readonly test: number
}
