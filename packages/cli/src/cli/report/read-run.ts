import type { ReportedEpoch, ReportedResult, ReportedRun } from '@kd/report'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { metricsLines } from '../../run/log/metrics-lines.js'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { standStill } from '../../run/folder/stand-still.js'
import { UsageError } from '../../config/usage-error.js'
import { checkedAs } from '../../run/log/checked-as.js'
import { examplesOverTraining, examplesOverTrainingLine } from './examples-over-training.js'
import { readDiagnostics } from '../../run/diagnostics/read-diagnostics.js'

const share = z.number().min(0).max(1)
const metrics = z.object({ loss: z.number().nullish(), top1: share })

/** A loss that was not finite is null in JSON. */
const epochLine = z.object({
  kind: z.literal('epoch'),
  epoch: z.int().min(1),
  steps: z.int().min(0),
  seconds: z.number(),
  learningRate: z.number(),
  train: metrics,
  validation: metrics.optional(),
})

const student = z
  .object({ epoch: z.int(), validation: metrics.optional(), test: metrics.optional() })
  .optional()
const resultLine = z.object({
  kind: z.literal('result'),
  ended: z.string(),
  seconds: z.number(),
  last: student,
  best: student,
  teachers: z.array(z.object({ model: z.string(), train: metrics, test: metrics.optional() })),
})

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
  const linesOf = await readLines(folder)
  const { method, seed } = recorded.config as { method?: { name?: unknown }; seed?: unknown }
  const result = linesOf(resultLine, ['result']).at(-1)
  const diagnostics = await readDiagnostics(join(folder, 'diagnostics.json'))
  return {
    name,
    method: typeof method?.name === 'string' ? method.name : 'unknown',
    seed: typeof seed === 'number' ? seed : 0,
    config: await readFile(join(folder, 'config.yaml'), 'utf8'),
    environment: recorded.environment,
    epochs: linesOf(epochLine, ['epoch']).map(reportedEpoch),
    ...examplesOverTraining(linesOf(examplesOverTrainingLine, ['mixing', 'selection', 'examples'])),
    ...(result ? { result: reportedResult(result) } : reason !== undefined && { stopped: reason }),
    ...(diagnostics && { diagnostics }),
  }
}

/** Gives a function from a schema to the lines of its kinds. */
async function readLines(
  folder: string,
): Promise<<Schema extends z.ZodType>(schema: Schema, kinds: readonly string[]) => z.output<Schema>[]> {
  const values = await metricsLines(folder)
  return (schema, kinds) =>
    values.flatMap((value, index) => {
      const { kind } = (value ?? {}) as { kind?: unknown }
      if (typeof kind !== 'string' || !kinds.includes(kind)) return []
      return [checkedAs(schema, value, `${join(folder, 'metrics.jsonl')} line ${index + 1}`)]
    })
}

function reportedEpoch({ kind: _, train, validation, ...epoch }: z.output<typeof epochLine>): ReportedEpoch {
  const withLoss = ({ loss, top1 }: z.output<typeof metrics>): { loss: number; top1: number } => ({
    loss: loss ?? NaN,
    top1,
  })
  return { ...epoch, train: withLoss(train), ...(validation && { validation: withLoss(validation) }) }
}

function reportedResult({
  ended,
  seconds,
  last,
  best,
  teachers,
}: z.output<typeof resultLine>): ReportedResult {
  const accuracies = (found: z.output<typeof student>) =>
    found && {
      epoch: found.epoch,
      ...(found.validation && { validation: found.validation.top1 }),
      ...(found.test && { test: found.test.top1 }),
    }
  const [lastStudent, bestStudent] = [accuracies(last), accuracies(best)]
  return {
    ended,
    seconds,
    ...(lastStudent && { last: lastStudent }),
    ...(bestStudent && { best: bestStudent }),
    teachers: teachers.map(({ model, train, test }) => ({
      model,
      train: train.top1,
      ...(test && { test: test.top1 }),
    })),
  }
}
