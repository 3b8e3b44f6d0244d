import type { Redis } from 'ioredis'
import { QUEUE } from './connect-queue.js'

/** The parts of a message that are JSON, and what stands for one that is not: no job, so that a worker refuses it. */
const parts = { data: 'null', opts: '{"attempts":1}', progress: '0' } as const

/**
 * Mends messages that a worker has taken and cannot read, because part of them is no JSON. The queue would give them to one worker after
 * another; mended, they are refused once and for all.
 *
 * @param client - of the queue
 * @returns the ids of those that were mended
 */
export async function mendDamagedMessages(client: Redis): Promise<string[]> {
  const mended: string[] = []
  for (const id of await client.lrange(`bull:${QUEUE}:active`, 0, -1)) {
    const key = `bull:${QUEUE}:${id}`
    const names = Object.keys(parts) as (keyof typeof parts)[]
    const found = await client.hmget(key, ...names)
    const damaged = names.filter((_, index) => !isJson(found[index]))
    for (const name of damaged) await client.hset(key, name, parts[name])
    if (damaged.length > 0) {
      // What it asks for cannot be known: it is no job.
      await client.hset(key, 'data', parts.data)
      mended.push(id)
    }
  }
  return mended
}

function isJson(text: string | null | undefined): boolean {
  if (text === null || text === undefined) return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
