import type { ReportedEpoch, ReportedResult, ReportedRun, RunDiagnostics } from '@kd/report'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { metricsLines } from '../run/metrics-lines.js'
import { recordedRun } from '../run/recorded-run.js'
import { UsageError } from '../usage-error.js'

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

const example = z.object({
  id: z.int(),
  value: z.number(),
  label: z.int().min(0),
  prediction: z.int().min(0).optional(),
  // It becomes part of an address in the page.
  image: z.base64().optional(),
})
const diagnosticsSchema = z.object({
  version: z.literal(1),
  student: z.enum(['best', 'last']),
  classNames: z.array(z.string()),
  parameters: z.number(),
  split: z.string(),
  confusion: z.array(z.array(z.number())),
  reliability: z.array(z.object({ confidence: share, accuracy: share, count: z.number() })),
  regularization: z
    .array(
      z.object({
        teacher: z.int(),
        temperature: z.number(),
        atLabel: z.int(),
        overall: z.int(),
        examples: z.int(),
      }),
    )
    .optional(),
  measures: z.array(
    z.object({
      name: z.string(),
      meaning: z.string(),
      edges: z.array(z.number()),
      counts: z.array(z.number()),
      highest: z.array(example),
      lowest: z.array(example),
    }),
  ),
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
  const lines = await readLines(folder)
  const { method, seed } = recorded.config as { method?: { name?: unknown }; seed?: unknown }
  const result = lines.findLast(({ kind }) => kind === 'result')
  const diagnostics = await readDiagnostics(join(folder, 'diagnostics.json'))
  return {
    name,
    method: typeof method?.name === 'string' ? method.name : 'unknown',
    seed: typeof seed === 'number' ? seed : 0,
    config: await readFile(join(folder, 'config.yaml'), 'utf8'),
    environment: recorded.environment,
    epochs: lines.flatMap((line) => (line.kind === 'epoch' ? [reportedEpoch(line)] : [])),
    ...(result?.kind === 'result' && { result: reportedResult(result) }),
    ...(diagnostics && { diagnostics }),
  }
}

async function readLines(
  folder: string,
): Promise<(z.output<typeof epochLine> | z.output<typeof resultLine>)[]> {
  return (await metricsLines(folder)).flatMap((value, index) => {
    const { kind } = (value ?? {}) as { kind?: unknown }
    if (kind !== 'epoch' && kind !== 'result') return []
    const where = `${join(folder, 'metrics.jsonl')} line ${index + 1}`
    return [checked(kind === 'epoch' ? epochLine : resultLine, value, where)]
  })
}

async function readDiagnostics(path: string): Promise<RunDiagnostics | undefined> {
  const text = await optionalText(path)
  if (text === '') return undefined
  return checked(diagnosticsSchema, parsed(text, path), path) as RunDiagnostics
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

async function optionalText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${path} must hold JSON as a run writes it, got something else`)
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const found = schema.safeParse(value)
  if (found.success) return found.data
  const { path, message } = found.error.issues[0]!
  throw new UsageError(`${where} must be what a run writes, got ${path.join('.')}: ${message}`)
}
