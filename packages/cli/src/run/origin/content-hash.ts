import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openRegularFile, readRegularText } from '../../config/regular-file.js'

/** The most that a `model.json` may have. */
const LARGEST_JSON = 100e6

/**
 * Hashes the content of a file.
 *
 * @param path - of the file
 * @returns SHA-256, hexadecimal; `missing` for a missing file, which has no error here, since the run gives a better one
 */
export async function contentHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline((await openRegularFile(path)).createReadStream(), hash)
    return hash.digest('hex')
  } catch {
    return 'missing'
  }
}

/**
 * Hashes a model that was made elsewhere: its file, and for a `model.json` also the files with its weights.
 *
 * @param path - of the file
 * @returns SHA-256, hexadecimal; `missing` for a missing file
 */
export async function modelFileHash(path: string): Promise<string> {
  const own = await contentHash(path)
  if (own === 'missing' || !path.endsWith('.json')) return own
  const hash = createHash('sha256').update(own)
  for (const name of await weightFiles(path)) hash.update(await contentHash(join(dirname(path), name)))
  return hash.digest('hex')
}

/** Names of the files that a manifest names in its own folder; nothing else is read. */
async function weightFiles(path: string): Promise<string[]> {
  let manifest: unknown
  try {
    const json = JSON.parse(await readRegularText(path, LARGEST_JSON)) as { weightsManifest?: unknown } | null
    manifest = json?.weightsManifest
  } catch {
    // No JSON: whoever loads the model says so.
    return []
  }
  if (!Array.isArray(manifest)) return []
  const names = manifest.flatMap((group) => (group as { paths?: unknown } | null)?.paths ?? [])
  return names.filter(
    (name): name is string => typeof name === 'string' && /^[^/\\]+$/.test(name) && name !== '..',
  )
}
