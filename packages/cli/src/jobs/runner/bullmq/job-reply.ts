import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { recordedRun } from '../../../run/origin/recorded-run.js'
import { resultIn } from '../../../run/log/run-log.js'
import { writeFileSafely } from '../../../run/folder/write-file-safely.js'
import type { Job, JobOutcome } from '../../job/job.js'
import { foundIn } from '../../compare/compared-run.js'
import { readRegularText } from '../../../config/regular-file.js'

/** Files of a run that travel through the queue: what it found, not its weights. Those without which it is no run first. */
const needed = ['config.yaml', 'environment.json', 'metrics.jsonl'] as const
const further = ['diagnostics.json', 'examples.csv'] as const

/** The most characters that all files together may have. */
const LARGEST = 16_000_000

const text = z.string().max(LARGEST)
const replySchema = z.strictObject({
  version: z.literal(1),
  files: z.strictObject({
    ...{
      'config.yaml': text.optional(),
      'environment.json': text.optional(),
      'metrics.jsonl': text.optional(),
    },
    ...{ 'diagnostics.json': text.optional(), 'examples.csv': text.optional() },
  }),
})

/** What a worker gives back of a job that is done: small files, as text. */
export type JobReply = z.output<typeof replySchema>

/**
 * Collects what a done job gives back through a queue.
 *
 * @param job - done
 * @param folder - of its run, absolute
 * @returns plain data
 */
export async function jobReply(job: Job, folder: string): Promise<JobReply> {
  if (job.kind !== 'distill') return { version: 1, files: {} }
  const files: Record<string, string> = {}
  let size = 0
  for (const name of [...needed, ...further]) {
    const content = await readRegularText(join(folder, name)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    })
    if (content === undefined || size + content.length > LARGEST) continue
    size += content.length
    files[name] = content
  }
  return { version: 1, files }
}

/**
 * Takes what a queue gave for a done job: where the folder of its run is shared with the machine that did it, the result lies
 * there already; elsewhere it is written. Whoever can write to the queue can give anything, so nothing in it is believed.
 *
 * @param job - what it is the reply to
 * @param value - whatever came
 * @param folder - of its run, absolute
 * @returns `done`, or `failed` when that is no reply
 */
export async function takeReply(job: Job, value: unknown, folder: string): Promise<JobOutcome> {
  const parsed = replySchema.safeParse(value)
  if (!parsed.success) return { state: 'failed', message: 'the queue gave something that is no result' }
  if (job.kind !== 'distill') return { state: 'done' }
  const here = await finished(job.id, folder)
  if (here !== undefined) return here
  const { files } = parsed.data
  if (!isRun(job.id, files))
    return { state: 'failed', message: 'the queue gave a result that is not of this run' }
  await mkdir(folder, { recursive: true })
  // The metrics last: with them the run is done.
  for (const name of [...further, ...needed]) {
    if (files[name] !== undefined) await writeFileSafely(join(folder, name), files[name])
  }
  return (
    (await finished(job.id, folder)) ?? { state: 'failed', message: 'the result could not be read again' }
  )
}

async function finished(id: string, folder: string): Promise<JobOutcome | undefined> {
  const recorded = await recordedRun(folder)
  if (recorded?.environment['id'] !== id || recorded.result === undefined) return undefined
  return { state: 'done', result: { ...recorded.result, folder } }
}

function isRun(id: string, files: JobReply['files']): boolean {
  try {
    const environment = JSON.parse(files['environment.json'] ?? '') as { id?: unknown }
    const result = resultIn(files['metrics.jsonl']!, 'metrics.jsonl')
    if (result === undefined) return false
    // A share that is none would go into the tables.
    foundIn(result)
    const config: unknown = parse(files['config.yaml']!)
    return environment.id === id && typeof config === 'object' && config !== null
  } catch {
    return false
  }
}
