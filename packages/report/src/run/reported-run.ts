import type { ComparedFigure } from '../figure-text.js'
import type { RunDiagnostics } from './run-diagnostics.js'

/** One run as a report shows it. */
export interface ReportedRun {
  /** The name of the run for headings, such as that of its folder. */
  readonly name: string
  readonly method: string
  readonly seed: number
  /** The resolved config as text. */
  readonly config: string
  /** Versions, engine and hashes, which are shown as they are. */
  readonly environment: Readonly<Record<string, unknown>>
  /** The figure that tells most about its task; absent for the accuracy of classification. */
  readonly figure?: ComparedFigure
  /** The epochs in order; of a long training those that {@link ThinnedSeries} keeps are enough. */
  readonly epochs: readonly ReportedEpoch[]
  /**
   * The sums over all epochs, where `epochs` are only some of them.
   *
   * @defaultValue the sums over `epochs`
   */
  readonly trained?: TrainedSums
  /** How numbers per training example were spread over the training. */
  readonly spreads?: readonly SpreadOverTraining[]
  /** Shares of training examples over the training. */
  readonly shares?: readonly ShareOverTraining[]
  /** Why a run without a result is not going on, such as a process that was killed; absent while it goes on. */
  readonly stopped?: string
  /** How the run ended; absent while it goes on, and where it was stopped. */
  readonly result?: ReportedResult
  /** The diagnostics; absent for a run that did not reach its end. */
  readonly diagnostics?: RunDiagnostics
}

/** How long a training was. */
export interface TrainedSums {
  readonly epochs: number
  readonly steps: number
  readonly seconds: number
}

/** Sums over all epochs of a run. */
export function trainedSums({ epochs, trained }: Pick<ReportedRun, 'epochs' | 'trained'>): TrainedSums {
  if (trained !== undefined) return trained
  return {
    epochs: epochs.length,
    steps: epochs.reduce((sum, { steps }) => sum + steps, 0),
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

/** One epoch of a {@link ReportedRun}; `figure` is the value of the run's figure, a share for accuracies. */
export interface ReportedEpoch {
  /** The number of the epoch, from 1. */
  readonly epoch: number
  readonly steps: number
  /** The seconds of its training, without validation. */
  readonly seconds: number
  readonly learningRate: number
  readonly train: {
    readonly loss: number
    /** The means of the parts of the loss, those of phases in which a teacher learns too. */
    readonly parts?: Readonly<Record<string, number>>
    readonly figure?: number
  }
  readonly validation?: { readonly loss: number; readonly figure: number }
}

/** How the values of a number per training example were spread at each moment. */
export interface SpreadOverTraining {
  readonly name: string
  /** The moments in order. */
  readonly moments: readonly {
    /** The number of the epoch, from 1. */
    readonly epoch: number
    readonly mean: number
    /** The lower end of the first bar. */
    readonly min: number
    /** The upper end of the last bar. */
    readonly max: number
    /** How many examples are in each of the bars, which are equally wide. */
    readonly counts: readonly number[]
  }[]
}

/** A share of training examples at each moment. */
export interface ShareOverTraining {
  readonly name: string
  /** The moments in order; epochs count from 1, shares are in [0, 1]. */
  readonly moments: readonly { readonly epoch: number; readonly share: number }[]
}

/** How a {@link ReportedRun} ended; students and teachers stand with the value of its figure. */
export interface ReportedResult {
  readonly ended: string
  readonly seconds: number
  readonly last?: ReportedStudent
  /** The student of the epoch that was best on the validation split; the test split never chooses it. */
  readonly best?: ReportedStudent
  /** Which of the two is in the run's folder. */
  readonly saved?: 'best' | 'last'
  /** The same student trained without a teacher, where that was done. */
  readonly alone?: ReportedStudent
  /** How large the student is. */
  readonly student?: { readonly parameters: number; readonly bytes: number }
  readonly teachers: readonly {
    readonly model: string
    /** The counts on the student's training split. */
    readonly train: number
    readonly test?: number
    readonly parameters?: number
    /** The bytes of its weights as float32. */
    readonly bytes?: number
  }[]
}

/** A student at the end of one epoch. */
export interface ReportedStudent {
  /** The number of the epoch, from 1. */
  readonly epoch: number
  readonly validation?: number
  readonly test?: number
  /** The mean over classes of the share of their test examples that are predicted right, for classification. */
  readonly balancedAccuracy?: number
  /** The mean over classes of F1 on the test examples, for classification. */
  readonly macroF1?: number
}
