import type { RunDiagnostics } from './run-diagnostics.js'

/** What one run left behind, as a report shows it. */
export interface ReportedRun {
  /** For headings, such as the name of its folder. */
  readonly name: string
  readonly method: string
  readonly seed: number
  /** The resolved config as text. */
  readonly config: string
  /** Versions, engine, hashes: shown as they are. */
  readonly environment: Readonly<Record<string, unknown>>
  /** In order. */
  readonly epochs: readonly ReportedEpoch[]
  /** How numbers per training example were spread over the training. */
  readonly spreads?: readonly SpreadOverTraining[]
  /** Shares of training examples over the training. */
  readonly shares?: readonly ShareOverTraining[]
  /** Why nobody goes on with a run that has no result, such as a process that was killed; absent while somebody does. */
  readonly stopped?: string
  /** Absent while the run goes on, and where it was stopped. */
  readonly result?: ReportedResult
  /** Absent for a run that did not reach its end. */
  readonly diagnostics?: RunDiagnostics
}

/** One epoch of a {@link ReportedRun}; accuracies are shares. */
export interface ReportedEpoch {
  /** From 1. */
  readonly epoch: number
  readonly steps: number
  /** Of its training, without validation. */
  readonly seconds: number
  readonly learningRate: number
  readonly train: { readonly loss: number; readonly top1: number }
  readonly validation?: { readonly loss: number; readonly top1: number }
}

/** How a number per training example was spread, moment after moment. */
export interface SpreadOverTraining {
  readonly name: string
  /** In order. */
  readonly moments: readonly {
    /** From 1. */
    readonly epoch: number
    readonly mean: number
    /** Lower end of the first bar. */
    readonly min: number
    /** Upper end of the last bar. */
    readonly max: number
    /** Examples in each of the bars, which are equally wide. */
    readonly counts: readonly number[]
  }[]
}

/** A share of training examples, moment after moment. */
export interface ShareOverTraining {
  readonly name: string
  /** In order; epochs from 1, shares in [0, 1]. */
  readonly moments: readonly { readonly epoch: number; readonly share: number }[]
}

/** How a {@link ReportedRun} ended; accuracies are shares. */
export interface ReportedResult {
  readonly ended: string
  readonly seconds: number
  readonly last?: ReportedStudent
  /** Of the epoch best on the validation split; never chosen on test. */
  readonly best?: ReportedStudent
  readonly teachers: readonly {
    readonly model: string
    /** On the student's training split. */
    readonly train: number
    readonly test?: number
  }[]
}

/** A student at the end of one epoch. */
export interface ReportedStudent {
  /** From 1. */
  readonly epoch: number
  readonly validation?: number
  readonly test?: number
}
