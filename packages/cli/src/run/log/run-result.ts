import { taskOf, type AnyDataset, type DistillationResult, type FigureKind, type Figures } from '@kd/core'
import type { ComparedFigure } from '@kd/report'
import type { Latency } from '../model/measure-latency.js'
import type { ModelSize } from '../model/model-size.js'

/** A student at the end of one epoch. */
export interface StudentAtEpoch {
  /** The epoch, from 1. */
  readonly epoch: number
  readonly validation?: Figures
  readonly test?: Figures
}

/** What the training of a student came to. */
export interface StudentReport {
  readonly last?: StudentAtEpoch
  /** The student of the epoch best on the validation split; absent without one. Never chosen on test. */
  readonly best?: StudentAtEpoch
  /** Which of the two is saved; absent when the run ended before the student's training. */
  readonly saved?: 'best' | 'last'
}

/** How good a teacher is, and how large where it is a model that runs here: not a function, and not kept answers. */
export interface TeacherReport extends Partial<ModelSize> {
  readonly model: string
  /** The figures on the student's training split, against the labels that the student sees: where it is wrong, LR revises it. */
  readonly train: Figures
  /** The figures on the examples and labels that its own recipe trained it on, if it has one. */
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

/** What a data set is learned for, as results say it. */
export function taskReport(dataset: Pick<AnyDataset, 'task' | 'classNames'>): TaskReport {
  const { name, monitor, kinds } = taskOf(dataset)
  return { name, monitor, kinds }
}

/**
 * The task that a run's environment.json names, from before its first epoch on.
 *
 * @param environment - as it was read
 * @returns undefined for a run of an older version
 */
export function reportedTask(environment: Readonly<Record<string, unknown>>): TaskReport | undefined {
  const task = environment['task'] as TaskReport | undefined
  const kind = task?.kinds?.[task.monitor]
  return kind !== undefined && typeof kind.title === 'string' ? task : undefined
}

/** The figure that tells most about a task, as reports show it. */
export function mainFigure({ name, monitor, kinds }: TaskReport): ComparedFigure {
  const kind = kinds[monitor]!
  // Everybody calls it so.
  const title = name === 'classification' && monitor === 'top1' ? 'accuracy' : kind.title
  return { ...kind, name: monitor, title }
}

/** What a run found; of the student, `last`, `best` and which of them is in the folder `student`. */
export interface RunResult extends StudentReport {
  /** Its folder. */
  readonly folder: string
  readonly method: string
  readonly task: TaskReport
  readonly seed: number
  readonly engine: string
  /** Why it ended. */
  readonly ended: DistillationResult['ended']
  /** How large the student is; absent when the run ended before its training, and in runs of older versions. */
  readonly student?: ModelSize
  /** The same student trained with its labels alone, in the folder `student-alone`, where the config asks for a baseline. */
  readonly alone?: StudentReport
  readonly teachers: readonly TeacherReport[]
  /**
   * How long student and teachers take here; null for a teacher without a size. As any time it is another one when a run is repeated.
   * Absent like `student`.
   */
  readonly latency?: {
    readonly student: readonly Latency[]
    readonly teachers: readonly (readonly Latency[] | null)[]
  }
  /** Wall time of everything. */
  readonly seconds: number
}
