import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeError } from '../../run/folder/write-file-safely.js'
import { UsageError } from '../../config/usage-error.js'

/** Everything that a labelling writes: the labels of each teacher, and teachers that were trained for it. */
const folders = /^(labels-[1-9]\d*|teachers)$/
const replaced = /^(labels-[1-9]\d*|failures)$/
/** And its runners. */
const ofRunners =
  /^(labels-[1-9]\d*\.[0-9a-f]{8}\.lock.*|(jobs\.json|slurm\.sh|kubernetes\.yaml|logs|failures)(\.\d+\.tmp)?)$/

/**
 * Makes the folder of a labelling, or takes up the one that is there.
 *
 * @param out - its path
 * @param force - whether labels that are there are removed, and what is known of failures; teachers stay
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
        `--out ${out} must be a new, an empty or a labelling's folder, got ${other.name} in it`,
      )
    }
    const removed = force ? found.filter(({ name }) => replaced.test(name)) : []
    await Promise.all(removed.map(({ name }) => rm(join(path, name), { recursive: true })))
  } catch (error) {
    throw error instanceof UsageError ? error : writeError(path, error)
  }
  return path
}
