import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, lockOwner, lockPattern } from './folder-lock.js'

/**
 * Says why a run that has not ended does not go on either, as its folder's lock tells. Whoever wants to know how the run ended
 * reads that afterwards: a process gives its lock back after its last word.
 *
 * @param folder - of the run
 * @returns undefined while a process works there
 */
export async function standStill(folder: string): Promise<string | undefined> {
  const locks = (await readdir(folder)).filter((name) => lockPattern.test(name))
  let reason = 'no process works on it'
  for (const name of locks) {
    if (await isAlive(join(folder, name), Date.now())) return undefined
    const { pid, host, isHere } = lockOwner(name)
    reason = `process ${pid} on ${host} ${isHere ? 'is gone' : 'was not heard of for two minutes'}`
  }
  return reason
}
