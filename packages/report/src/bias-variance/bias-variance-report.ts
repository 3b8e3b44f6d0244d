import type { ComparisonAxis } from '../comparison/comparison.js'
import type { RegularizationCount } from '../run/run-diagnostics.js'

/**
 * What students of disjoint parts of a training set say of their methods: plain data, as `kd analyse bias-variance` writes it to
 * `bias-variance.json`.
 */
export interface BiasVarianceReport {
  /** Of this format. */
  readonly version: 1
  /** For headings. */
  readonly name: string
  /** What the settings differ in, in the order of the columns. */
  readonly axes: readonly ComparisonAxis[]
  /** How many parts the training set was divided into: so many students per setting and seed. */
  readonly splits: number
  /** Each divided the training set anew. */
  readonly seeds: readonly number[]
  /** Label on some of the axes that differences are taken to. */
  readonly baseline?: Readonly<Record<string, string>>
  readonly settings: readonly BiasVarianceSetting[]
}

/** A combination of labels in a {@link BiasVarianceReport}. */
export interface BiasVarianceSetting {
  /** Its label on each axis. */
  readonly labels: Readonly<Record<string, string>>
  /** One per seed. */
  readonly repeats: readonly BiasVarianceRepeat[]
}

/** The students of one division of the training set. */
export interface BiasVarianceRepeat {
  readonly seed: number
  /** One per part. */
  readonly students: readonly PartStudent[]
  /** On the test examples; absent while a student is missing. */
  readonly found?: {
    readonly testExamples: number
    /** Mean of the students, as a share. */
    readonly top1: number
    /** In nats: see `biasVarianceKullbackLeibler`. */
    readonly kullbackLeibler: LossParts
    /** See `biasVarianceSquaredError`. */
    readonly squaredError: LossParts
  }
}

/** loss = bias + variance. */
export interface LossParts {
  readonly loss: number
  readonly bias: number
  readonly variance: number
}

/** The student of one part of the training set. */
export interface PartStudent {
  /** From 1. */
  readonly part: number
  /** Hash of its resolved config and its data. */
  readonly id: string
  /** Its folder, relative to the analysis's. */
  readonly folder: string
  readonly state: 'done' | 'failed' | 'stopped' | 'submitted'
  /** Why it failed. */
  readonly message?: string
  /** On its own training examples, for each teacher. */
  readonly regularization?: readonly RegularizationCount[]
}
