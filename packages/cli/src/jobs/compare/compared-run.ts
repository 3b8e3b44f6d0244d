import type { ComparedRun, EpochAccuracy } from '@kd/report'
import { relative, sep } from 'node:path'
import type { RunResult, StudentAtEpoch } from '../../run/log/run-result.js'
import type { JobOutcome } from '../job/job.js'
import type { PlannedRun } from './plan-comparison.js'

/** Where a comparison's runs are. */
export interface ComparedRunPlace {
  /** Absolute path of the run's folder. */
  readonly run: string
  /** Absolute path of the comparison's. */
  readonly comparison: string
}

/**
 * What a comparison keeps of a run.
 *
 * @param planned - the run
 * @param outcome - of its job
 * @param place - of its folder
 * @returns plain data
 */
export function comparedRun(
  { point, job }: PlannedRun,
  outcome: JobOutcome,
  { run, comparison }: ComparedRunPlace,
): ComparedRun {
  const common = {
    labels: point.labels,
    seed: point.seed,
    id: job.id,
    folder: relative(comparison, run).split(sep).join('/'),
  }
  if (outcome.state === 'failed') return { ...common, state: 'failed', message: outcome.message }
  if (outcome.state !== 'done' || outcome.result === undefined) {
    return { ...common, state: outcome.state === 'submitted' ? 'submitted' : 'stopped' }
  }
  return { ...common, state: 'done', ...foundIn(outcome.result) }
}

/** What a comparison keeps of a run's result. */
export function foundIn({ task, last, best, teachers, seconds }: FoundResult): Partial<ComparedRun> {
  const monitor = task?.monitor ?? 'top1'
  const [atLast, atBest] = [figureAt(last, monitor), figureAt(best, monitor)]
  return {
    ...(atLast && { last: atLast }),
    ...(atBest && { best: atBest }),
    teachers: teachers.flatMap(({ train, test }) => {
      const [onTrain, onTest] = [finite(train[monitor]), finite(test?.[monitor])]
      return onTrain === undefined ? [] : [{ train: onTrain, ...(onTest !== undefined && { test: onTest }) }]
    }),
    seconds,
  }
}

/** Runs before 0.2 say nothing of their task, which was classification. */
type FoundResult = Pick<RunResult, 'last' | 'best' | 'teachers' | 'seconds'> &
  Partial<Pick<RunResult, 'task'>>

function figureAt(student: StudentAtEpoch | undefined, monitor: string): EpochAccuracy | undefined {
  const test = finite(student?.test?.[monitor])
  const validation = finite(student?.validation?.[monitor])
  if (student === undefined || test === undefined) return undefined
  return { epoch: student.epoch, test, ...(validation !== undefined && { validation }) }
}

/** A number as far as it is one: JSON has null for a student that diverged. */
function finite(value: number | null | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
