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
  /** Absent while the run goes on. */
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
