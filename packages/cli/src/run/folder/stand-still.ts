import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LOCK } from './folder-lock.js'
import { isAliveHere, leaseHolder } from './lease-holder.js'

/** A process elsewhere that gave no sign of life for so many milliseconds counts as gone. The clocks of two machines differ. */
const SILENCE = 120_000
/** More than a lock holds. */
const MAX_BYTES = 10_000

/**
 * Says why a run that has not ended does not go on either, as its folder's lock tells. Whoever wants to know how the run ended
 * reads that afterwards: a process gives its lock back after its last word.
 *
 * @param folder - of the run
 * @returns undefined while a process works there
 */
export async function standStill(folder: string): Promise<string | undefined> {
  const path = join(folder, LOCK)
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  })
  if (!found?.isFile() || found.size > MAX_BYTES) return 'no process works on it'
  const text = await readFile(path, 'utf8').catch(() => '')
  const holder = leaseHolder(text)
  const isAlive = isAliveHere(holder)
  if (isAlive ?? Date.now() - found.mtimeMs < SILENCE) return undefined
  const who = holder === undefined ? 'its process' : `process ${holder.pid} on ${holder.host}`
  return `${who} ${isAlive === false ? 'is gone' : 'was not heard of for two minutes'}`
}
