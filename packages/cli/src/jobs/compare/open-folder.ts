import { mkdir, readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { writeError } from '../../run/folder/write-file-safely.js'
import { UsageError } from '../../config/usage-error.js'

/**
 * Makes a folder, or takes up the one that is there if nothing else is in it than what belongs there.
 *
 * @param out - its path
 * @param contents - names that may be there
 * @param whose - for the message, such as `a comparison's`
 * @returns the absolute path
 * @throws {@link UsageError} when it holds anything else
 */
export async function openFolder(out: string, contents: RegExp, whose: string): Promise<string> {
  const path = resolve(out)
  let found: string[]
  try {
    await mkdir(path, { recursive: true })
    found = await readdir(path)
  } catch (error) {
    throw writeError(path, error)
  }
  const other = found.find((name) => !contents.test(name))
  if (other === undefined) return path
  throw new UsageError(`--out ${out} must be a new, an empty or ${whose} folder, got ${other} in it`)
}
