import type { EpochMetrics } from '@kd/core'
import type { TermSummary } from '@kd/meta-mixing'
import { open, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { RunFolder } from '../folder/run-folder.js'
import { writeError } from '../folder/write-file-safely.js'
import { checkedAs, parsedJson } from './checked-as.js'
import type { RunResult } from './run-result.js'
import type { Spread } from './spread.js'
import { readRegularText } from '../../config/regular-file.js'

// Everything that is known about metrics.jsonl: what its lines are when a run writes them, and when they are read again.

/** One epoch of the student in numbers; `epoch` is from 1. */
export type EpochLine = { readonly kind: 'epoch' } & EpochMetrics

/** What the method said before an epoch. */
export interface MethodLine {
  readonly kind: 'method'
  /** The one that it said it before, from 1. */
  readonly epoch: number
  readonly figures: Readonly<Record<string, number>>
  readonly warning?: string
}

/** What the method does to single examples after an epoch. */
export interface ExamplesLine {
  readonly kind: 'examples'
  /** The epoch, counted from 1. */
  readonly epoch: number
  /** How many were looked at. */
  readonly examples: number
  /** How each of the method's values is spread, for classification by class too. */
  readonly spreads: Readonly<Record<string, Spread | TermSummary>>
  readonly shares: Readonly<Record<string, number>>
}

/** The last line: what the run found. */
export type ResultLine = { readonly kind: 'result' } & RunResult

/** A line as a run writes it. */
export type RunLogLine = EpochLine | MethodLine | ExamplesLine | ResultLine

/** JSON has null where a number was not finite. */
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? NaN)
const share = z.number().min(0).max(1)
const epoch = z.int().min(1)
const spreads = z.record(
  z.string(),
  z.object({
    mean: number,
    standardDeviation: number,
    histogram: z.object({ min: number, max: number, counts: z.array(z.number()).min(1) }),
  }),
)
const figures = z.record(z.string(), number)
// Loose, since a result is handed on whole; its figures stay as JSON has them.
const reported = z.record(z.string(), z.number().nullish())
const student = z
  .looseObject({ epoch, validation: reported.optional(), test: reported.optional() })
  .optional()

const count = z.int().min(0)
const size = { parameters: count.optional(), bytes: count.optional() }
const latency = z.array(z.object({ batchSize: z.int().min(1), median: z.number(), p95: z.number() }))

/** What the training of a student came to, as a file of a run has it. */
export const studentReport = z.looseObject({
  last: student,
  best: student,
  saved: z.enum(['best', 'last']).optional(),
})

const figureKind = z.object({
  title: z.string(),
  unit: z.enum(['share', 'nats', 'number']),
  better: z.enum(['higher', 'lower']),
})

const readLine = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('epoch'),
    epoch,
    steps: z.int().min(0),
    seconds: z.number(),
    learningRate: z.number(),
    train: z.object({
      loss: number,
      parts: figures.default({}),
      figures: figures.default({}),
      // Runs before 0.2 had it beside the loss.
      top1: number.optional(),
    }),
    validation: figures.optional(),
  }),
  z.object({ kind: z.literal('method'), epoch, figures, warning: z.string().optional() }),
  z.object({ kind: z.literal('examples'), epoch, spreads, shares: z.record(z.string(), share).default({}) }),
  z.looseObject({
    kind: z.literal('result'),
    ended: z.enum(['epochs', 'early-stop', 'aborted']),
    task: z
      .object({ name: z.string(), monitor: z.string(), kinds: z.record(z.string(), figureKind) })
      .optional(),
    last: student,
    best: student,
    saved: z.enum(['best', 'last']).optional(),
    student: z.looseObject({ parameters: count, bytes: count }).optional(),
    alone: studentReport.optional(),
    teachers: z.array(
      z.looseObject({ model: z.string(), train: reported, test: reported.optional(), ...size }),
    ),
    latency: z.object({ student: latency, teachers: z.array(latency.nullable()) }).optional(),
    seconds: z.number(),
  }),
])
const kinds: readonly unknown[] = readLine.options.flatMap(({ shape }) => [...shape.kind.values])

/** A line, read again and checked: as much of it as anybody reads. */
export type ReadLine = z.output<typeof readLine>
/** A line of one kind, read again. */
export type ReadLineOf<Kind extends ReadLine['kind']> = Extract<ReadLine, { readonly kind: Kind }>

/** The file metrics.jsonl of a run, to which one line after another is added. */
export class RunLog {
  readonly #folder: RunFolder
  readonly #path: string

  /** @param folder - of the run */
  constructor(folder: RunFolder) {
    this.#folder = folder
    this.#path = pathIn(folder.path)
  }

  /** Appends one line and waits until it is on the disk. */
  async append(line: RunLogLine): Promise<void> {
    this.#folder.assertHeld()
    await this.#attempt(async () => {
      const file = await open(this.#path, 'a')
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`)
        await file.datasync()
      } finally {
        await file.close()
      }
    })
  }

  /** How long the file is; 0 without one. */
  async bytes(): Promise<number> {
    try {
      return (await stat(this.#path)).size
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw writeError(this.#path, error)
    }
  }

  /** Cuts the file to a length that it had before. */
  async truncate(bytes: number): Promise<void> {
    if ((await this.bytes()) > bytes) await this.#attempt(() => truncate(this.#path, bytes))
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      throw writeError(this.#path, error)
    }
  }
}

/**
 * Reads the lines of a run. Half a line at the end, of a run that goes on or was killed, is left out.
 *
 * @param folder - of the run
 * @returns one value each, not checked; none without a file
 * @throws {@link UsageError} when a line is no JSON
 */
export async function readRunLog(folder: string): Promise<unknown[]> {
  const path = pathIn(folder)
  let text: string
  try {
    text = await readRegularText(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter((line) => line !== '').map((line) => parsedJson(line, path))
}

/**
 * Checks a line of a run.
 *
 * @param text - of the line
 * @param where - what errors call it
 * @returns undefined for a line of a kind that nobody knows
 * @throws {@link UsageError} naming the line, when a run does not write it
 */
export function checkedLine(text: string, where: string): ReadLine | undefined {
  const value = parsedJson(text, where)
  return kinds.includes(kindOf(value)) ? checkedAs(readLine, value, where) : undefined
}

/** A line as far as it is one that a run writes; otherwise undefined. */
export function parsedLine(value: unknown): ReadLine | undefined {
  return readLine.safeParse(value).data
}

/**
 * Finds the result of a run that came to its end.
 *
 * @param text - of its metrics.jsonl
 * @param path - what errors call that
 * @returns undefined where the last line is none, or that of a run that was interrupted
 * @throws {@link UsageError} when the result is not as a run writes it
 */
export function resultIn(text: string, path: string): Omit<RunResult, 'folder'> | undefined {
  let line: unknown
  try {
    line = JSON.parse(text.trimEnd().split('\n').at(-1)!)
  } catch {
    // No line yet, or one that a kill cut short.
    return undefined
  }
  if (kindOf(line) !== 'result' || (line as { ended?: unknown }).ended === 'aborted') return undefined
  const checked: unknown = checkedAs(readLine, line, `the last line of ${path}`)
  const { kind: _, folder: __, ...result } = checked as ResultLine
  return result
}

function pathIn(folder: string): string {
  return join(folder, 'metrics.jsonl')
}

function kindOf(line: unknown): unknown {
  return (line as { kind?: unknown } | null)?.kind
}
