import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeError } from '../../run/folder/write-file-safely.js'
import { UsageError } from '../../config/usage-error.js'

// Versions before 1.0 called the answers of the first teacher labels-1.

/** Everything that keeping answers writes: those of each teacher, and teachers that were trained for it. */
const folders = /^((answers|labels)-[1-9]\d*|teachers)$/
const replaced = /^((answers|labels)-[1-9]\d*|failures)$/
/** Everything that its runners write. */
const ofRunners =
  /^((answers|labels)-[1-9]\d*\.[0-9a-f]{8}\.lock.*|(jobs\.json|slurm\.sh|kubernetes\.yaml|logs|failures)(\.\d+\.tmp)?)$/

/**
 * Makes the folder of the answers of all teachers, or takes up the one that is there.
 *
 * @param out - its path
 * @param force - whether answers that are there are removed, and what is known of failures; teachers stay
 * @returns its absolute path
 * @throws {@link UsageError} when it holds anything else
 */
export async function openAnswersFolder(out: string, force: boolean): Promise<string> {
  const path = resolve(out)
  try {
    await mkdir(path, { recursive: true })
    const found = await readdir(path, { withFileTypes: true })
    const other = found.find(
      (entry) => !ofRunners.test(entry.name) && !(folders.test(entry.name) && entry.isDirectory()),
    )
    if (other !== undefined) {
      throw new UsageError(
        `--out ${out} must be a new folder, an empty one or one of kept answers, got ${other.name} in it`,
      )
    }
    const removed = force ? found.filter(({ name }) => replaced.test(name)) : []
    await Promise.all(removed.map(({ name }) => rm(join(path, name), { recursive: true })))
  } catch (error) {
    throw error instanceof UsageError ? error : writeError(path, error)
  }
  return path
}

/**
 * Finds the folder of one teacher's answers.
 *
 * @param path - of all answers
 * @param number - of the teacher, from 1, each checkpoint being one
 * @returns where they go: `answers-1`, or `labels-1` where a version before 1.0 has begun them
 */
export async function folderOfTeacher(path: string, number: number): Promise<string> {
  const old = `labels-${number}`
  const isThere = (await readdir(path)).includes(old)
  return join(path, isThere ? old : `answers-${number}`)
}
