import type { EpochMetrics, StepProgress } from '@kd/core'
import type { TaskReport } from './run-result.js'

/** What a run tells while it goes on. */
export type RunProgress =
  | { readonly kind: 'message'; readonly text: string }
  /** A training begins: of the student, or of a teacher by its recipe. */
  | { readonly kind: 'training'; readonly who: string; readonly epochs: number }
  | { readonly kind: 'step'; readonly who: string; readonly step: StepProgress }
  | {
      readonly kind: 'epoch'
      readonly who: string
      readonly epochs: number
      readonly metrics: EpochMetrics
      /** What is learned, which says how the figures are to be shown. */
      readonly task: TaskReport
    }
  /** A training ended. */
  | { readonly kind: 'trained'; readonly who: string }
  /** A file is fetched; the size of the whole is not always known. */
  | {
      readonly kind: 'download'
      readonly url: string
      readonly receivedBytes: number
      readonly totalBytes: number | undefined
    }
  | { readonly kind: 'evaluated'; readonly examples: number; readonly of: number }
  /** A teacher is asked about examples, and its answers are kept. */
  | {
      readonly kind: 'answered'
      readonly examples: number
      readonly of: number
      readonly perSecond: number
    }

/** Takes what a run tells. */
export type OnRunProgress = (progress: RunProgress) => void
