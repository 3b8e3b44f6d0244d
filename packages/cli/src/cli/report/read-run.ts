import type { ReportedEpoch, ReportedResult, ReportedRun } from '@kd/report'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCheckedLog, type ReadLineOf } from '../../run/log/run-log.js'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { mainFigure, reportedTask } from '../../run/log/run-result.js'
import { standStill } from '../../run/folder/stand-still.js'
import { UsageError } from '../../config/usage-error.js'
import { examplesOverTraining } from './examples-over-training.js'
import { readDiagnostics } from '../../run/diagnostics/read-diagnostics.js'

/**
 * Reads what a run has written so far, for a report.
 *
 * @param folder - of the run
 * @param name - that the report calls it by
 * @returns plain data
 * @throws {@link UsageError} when the folder is no run's, or a file in it holds something else
 */
export async function readRun(folder: string, name: string): Promise<ReportedRun> {
  const recorded = await recordedRun(folder)
  if (recorded === undefined)
    throw new UsageError(`${folder} must be the folder of a run or of a comparison, got neither`)
  // First: whoever is gone by then has written all there is.
  const reason = await standStill(folder)
  const lines = await readCheckedLog(folder)
  const { method, seed } = recorded.config as { method?: { name?: unknown }; seed?: unknown }
  const result = lines.filter((line) => line.kind === 'result').at(-1)
  const task = reportedTask(recorded.environment) ?? result?.task
  const figure = task && mainFigure(task)
  const diagnostics = await readDiagnostics(join(folder, 'diagnostics.json'))
  return {
    name,
    method: typeof method?.name === 'string' ? method.name : 'unknown',
    seed: typeof seed === 'number' ? seed : 0,
    config: await readFile(join(folder, 'config.yaml'), 'utf8'),
    environment: recorded.environment,
    ...(figure && { figure }),
    epochs: lines
      .filter((line) => line.kind === 'epoch')
      .map((line) => reportedEpoch(line, figure?.name ?? 'top1')),
    ...examplesOverTraining(lines),
    ...(result
      ? { result: reportedResult(result, figure?.name ?? 'top1') }
      : reason !== undefined && { stopped: reason }),
    ...(diagnostics && { diagnostics }),
  }
}

function reportedEpoch(
  { kind: _, train, validation, ...epoch }: ReadLineOf<'epoch'>,
  monitor: string,
): ReportedEpoch {
  const ofTrain = train.figures[monitor] ?? train.top1
  return {
    ...epoch,
    train: { loss: train.loss, parts: train.parts, ...(ofTrain !== undefined && { figure: ofTrain }) },
    ...(validation && {
      validation: { loss: validation['loss'] ?? NaN, figure: validation[monitor] ?? NaN },
    }),
  }
}

function reportedResult(
  { ended, seconds, last, best, teachers }: ReadLineOf<'result'>,
  monitor: string,
): ReportedResult {
  const valueOf = (figures: Readonly<Record<string, number | null | undefined>> | undefined) =>
    figures?.[monitor] ?? undefined
  const studentOf = (found: ReadLineOf<'result'>['last']) => {
    const [validation, test] = [valueOf(found?.validation), valueOf(found?.test)]
    return (
      found && {
        epoch: found.epoch,
        ...(validation !== undefined && { validation }),
        ...(test !== undefined && { test }),
      }
    )
  }
  const [lastStudent, bestStudent] = [studentOf(last), studentOf(best)]
  return {
    ended,
    seconds,
    ...(lastStudent && { last: lastStudent }),
    ...(bestStudent && { best: bestStudent }),
    teachers: teachers.map(({ model, train, test }) => {
      const ofTest = valueOf(test)
      return { model, train: valueOf(train) ?? NaN, ...(ofTest !== undefined && { test: ofTest }) }
    }),
  }
}
