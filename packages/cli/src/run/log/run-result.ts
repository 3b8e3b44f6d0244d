import type { DistillationResult, FigureKind, Figures } from '@kd/core'

/** A student at the end of one epoch. */
export interface StudentAtEpoch {
  /** The epoch, from 1. */
  readonly epoch: number
  readonly validation?: Figures
  readonly test?: Figures
}

/** How good a teacher is. */
export interface TeacherReport {
  readonly model: string
  /** On the student's training split, against the labels that the student sees: where it is wrong, LR revises it. */
  readonly train: Figures
  /** On the examples and labels that its own recipe trained it on, if it has one. */
  readonly ownTrain?: Figures
  readonly test?: Figures
}

/** What was learned, and what its figures say. */
export interface TaskReport {
  readonly name: string
  /** The figure that tells most: what tables show first. */
  readonly monitor: string
  readonly kinds: Readonly<Record<string, FigureKind>>
}

/** What a run found. */
export interface RunResult {
  /** Its folder. */
  readonly folder: string
  readonly method: string
  readonly task: TaskReport
  readonly seed: number
  readonly engine: string
  /** Why it ended. */
  readonly ended: DistillationResult['ended']
  readonly last?: StudentAtEpoch
  /** The student of the epoch best on the validation split; absent without one. Never chosen on test. */
  readonly best?: StudentAtEpoch
  /** Which of the two is in the folder `student`; absent when the run ended before the student's training. */
  readonly saved?: 'best' | 'last'
  readonly teachers: readonly TeacherReport[]
  /** Wall time of everything. */
  readonly seconds: number
}
