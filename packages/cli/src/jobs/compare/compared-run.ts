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
export function foundIn({
  last,
  best,
  teachers,
  seconds,
}: Pick<RunResult, 'last' | 'best' | 'teachers' | 'seconds'>): Partial<ComparedRun> {
  const [lastAccuracy, bestAccuracy] = [accuracy(last), accuracy(best)]
  return {
    ...(lastAccuracy && { last: lastAccuracy }),
    ...(bestAccuracy && { best: bestAccuracy }),
    teachers: teachers.map(({ train, test }) => ({ train: train.top1, ...(test && { test: test.top1 }) })),
    seconds,
  }
}

function accuracy(student: StudentAtEpoch | undefined): EpochAccuracy | undefined {
  if (student?.test === undefined) return undefined
  const { epoch, validation, test } = student
  return { epoch, test: test.top1, ...(validation && { validation: validation.top1 }) }
}
