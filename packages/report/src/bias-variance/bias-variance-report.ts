import type { ComparisonAxis } from '../comparison/comparison.js'
import type { RegularizationCount } from '../run/run-diagnostics.js'

/**
 * Bias and variance of methods, measured with students of disjoint parts of a training set: plain data, as
 * `kd analyse bias-variance` writes it to `bias-variance.json`.
 */
export interface BiasVarianceReport {
  /** The version of this format. */
  readonly version: 1
  /** The name of the analysis, for headings. */
  readonly name: string
  /** The keys in which the settings differ, in the order of the columns. */
  readonly axes: readonly ComparisonAxis[]
  /** How many parts the training set was divided into, which is the number of students per setting and seed. */
  readonly splits: number
  /** The seeds; each divided the training set anew. */
  readonly seeds: readonly number[]
  /** Labels on some of the axes; differences are taken to the setting with these. */
  readonly baseline?: Readonly<Record<string, string>>
  readonly settings: readonly BiasVarianceSetting[]
}

/** A combination of labels in a {@link BiasVarianceReport}. */
export interface BiasVarianceSetting {
  /** The label of the setting on each axis. */
  readonly labels: Readonly<Record<string, string>>
  /** One entry per seed. */
  readonly repeats: readonly BiasVarianceRepeat[]
}

/** The students of one division of the training set. */
export interface BiasVarianceRepeat {
  readonly seed: number
  /** One student per part. */
  readonly students: readonly PartStudent[]
  /** The results on the test examples; absent while a student is missing. */
  readonly found?: {
    readonly testExamples: number
    /** The mean top-1 accuracy of the students, as a share. */
    readonly top1: number
    /** The parts of the Kullback-Leibler form in nats, see `biasVarianceKullbackLeibler`. */
    readonly kullbackLeibler: LossParts
    /** The parts of the squared error, see `biasVarianceSquaredError`. */
    readonly squaredError: LossParts
  }
}

/** A loss and its two parts: loss = bias + variance. */
export interface LossParts {
  readonly loss: number
  readonly bias: number
  readonly variance: number
}

/** The student of one part of the training set. */
export interface PartStudent {
  /** The number of the part, from 1. */
  readonly part: number
  /** The hash of its resolved config and its data. */
  readonly id: string
  /** Its folder, relative to that of the analysis. */
  readonly folder: string
  readonly state: 'done' | 'failed' | 'stopped' | 'submitted'
  /** Why it failed. */
  readonly message?: string
  /** The counts on its own training examples, one for each teacher. */
  readonly regularization?: readonly RegularizationCount[]
}
