import { KdError, type Figures } from '@kd/core'
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

/**
 * What a comparison keeps of a run's result.
 *
 * @param result - of a run that is done
 * @returns the figure that tells most about the run's task
 * @throws {@link KdError} when a share is none
 */
export function foundIn({ task, last, best, student, teachers, seconds }: FoundResult): Partial<ComparedRun> {
  // Runs before 0.2 say nothing of their task, which was classification.
  const monitor = task?.monitor ?? 'top1'
  const isShare = (task?.kinds[monitor]?.unit ?? 'share') === 'share'
  const figureIn = (figures: Figures | undefined, where: string, name = monitor): number | undefined => {
    const value: number | null | undefined = figures?.[name]
    // JSON has null for a student that diverged.
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
    if ((name === monitor && !isShare) || (value >= 0 && value <= 1)) return value
    throw new KdError(`compare: ${where}.${name} must be a share of the examples, got ${value}`)
  }
  const at = (found: StudentAtEpoch | undefined, name: string): EpochAccuracy | undefined => {
    const test = figureIn(found?.test, `${name}.test`)
    const validation = figureIn(found?.validation, `${name}.validation`)
    if (found === undefined || test === undefined) return undefined
    const balancedAccuracy = figureIn(found.test, `${name}.test`, 'balancedAccuracy')
    const macroF1 = figureIn(found.test, `${name}.test`, 'macroF1')
    return {
      epoch: found.epoch,
      test,
      ...(validation !== undefined && { validation }),
      ...(balancedAccuracy !== undefined && { balancedAccuracy }),
      ...(macroF1 !== undefined && { macroF1 }),
    }
  }
  const [atLast, atBest] = [at(last, 'last'), at(best, 'best')]
  return {
    ...(atLast && { last: atLast }),
    ...(atBest && { best: atBest }),
    ...(student && { student }),
    teachers: teachers.flatMap((teacher, index) => {
      const train = figureIn(teacher.train, `teachers.${index}.train`)
      const test = figureIn(teacher.test, `teachers.${index}.test`)
      const { parameters, bytes } = teacher
      const size = parameters !== undefined && bytes !== undefined && { parameters, bytes }
      return train === undefined ? [] : [{ train, ...(test !== undefined && { test }), ...size }]
    }),
    seconds,
  }
}

type FoundResult = Pick<RunResult, 'last' | 'best' | 'student' | 'teachers' | 'seconds'> &
  Partial<Pick<RunResult, 'task'>>
