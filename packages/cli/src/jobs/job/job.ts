import * as z from 'zod'
import type { ConfigInput } from '../../config/config-schema.js'
import type { RunProgress } from '../../run/log/run-progress.js'
import type { RunResult } from '../../run/log/run-result.js'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
/** A folder below the workspace: names that are safe on every system, so no `..`, no drive and no root. */
const folder = z
  .string()
  .max(400)
  .regex(/^[\w-][\w. -]*(\/[\w-][\w. -]*)*$/, 'must be a relative path of plain names')

const common = {
  id: sha256,
  name: z.string().min(1).max(200),
  // Read by readJob, with the schema of configs.
  config: z.custom<ConfigInput>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ),
  teachers: folder,
  threads: z.int().min(1).max(1024),
  needs: z.array(sha256).max(10_000),
}

/** What a job looks like on its way: plain data, checked again where it arrives. */
export const jobSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('distill'), ...common, folder }),
  z.strictObject({ kind: z.literal('teacher'), ...common, index: z.int().min(0) }),
  z.strictObject({
    kind: z.literal('answers'),
    ...common,
    folder,
    index: z.int().min(0),
    state: z.int().min(0),
    shards: z
      .array(z.strictObject({ split: z.enum(['train', 'validation', 'test']), index: z.int().min(0) }))
      .max(1_000_000),
  }),
])

interface JobBase {
  /** What it computes, as a hash: two jobs of one id have the same result, so that doing one twice changes nothing. */
  readonly id: string
  /** The name that people see: in a line of a log, at the beginning of a folder's name. */
  readonly name: string
  /** Resolved; its paths are relative to the workspace, or absolute where they lead out of it. */
  readonly config: ConfigInput
  /** The folder in the workspace where teachers trained by a recipe are kept for all jobs. */
  readonly teachers: string
  /** The threads of the engine, where it uses more than one: results repeat bit for bit with the same number. */
  readonly threads: number
  /** Ids of jobs that have to be done before. */
  readonly needs: readonly string[]
}

/** Distils the student of a config into a run's folder. */
export interface DistillJob extends JobBase {
  readonly kind: 'distill'
  /** The run's folder in the workspace. */
  readonly folder: string
}

/** Trains one of a config's teachers by its recipe and keeps it in the folder `teachers`. */
export interface TeacherJob extends JobBase {
  readonly kind: 'teacher'
  /** Which of the config's teachers. */
  readonly index: number
}

/** Asks one of a config's teachers about some shards of the data. */
export interface AnswerJob extends JobBase {
  readonly kind: 'answers'
  /** The folder of the answers in the workspace, whose manifest says how. */
  readonly folder: string
  /** Which of the config's teachers. */
  readonly index: number
  /** Which of its checkpoints; 0 for a teacher without. */
  readonly state: number
  readonly shards: readonly { readonly split: 'train' | 'validation' | 'test'; readonly index: number }[]
}

/** Work that can be done wherever the workspace is: plain data, never code. */
export type Job = DistillJob | TeacherJob | AnswerJob

/** What became of a job. */
export type JobOutcome =
  /** Its result lies in the workspace; a distillation's is here as well. */
  | { readonly state: 'done'; readonly result?: RunResult }
  /** It ended with an error; the rest went on. */
  | { readonly state: 'failed'; readonly message: string }
  /** Ended by the signal before it was done, or never begun; the next comparison goes on with it. */
  | { readonly state: 'stopped' }
  /** Handed to something that outlives this process; its result will lie in the workspace. */
  | { readonly state: 'submitted' }

/** What happens to a job, or to all of them. */
export type JobEvent =
  | { readonly kind: 'started'; readonly job: Job }
  | { readonly kind: 'progress'; readonly job: Job; readonly progress: RunProgress }
  | { readonly kind: 'ended'; readonly job: Job; readonly outcome: JobOutcome }
  /** About the runner itself, such as a queue that cannot be reached. */
  | { readonly kind: 'message'; readonly text: string }
