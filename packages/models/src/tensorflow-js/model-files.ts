import { KdError } from '@kd/core'
import type * as fs from 'node:fs/promises'
import type * as path from 'node:path'
import { builtinModule } from '../files/builtin-module.js'
import type { WeightGroup } from '../model-json/weights-manifest.js'

/** A model of TensorFlow.js: its `model.json`, and how the files are read that it names. */
export interface ModelFiles {
  /** The content of `model.json`, parsed. */
  readonly json: unknown
  /**
   * Reads a file that the manifest names: `fetch` in a browser, for example.
   *
   * @param path - relative to the folder of `model.json`, and never out of it
   * @returns all of its bytes
   */
  read(path: string): Promise<Uint8Array>
}

/** The most that a `model.json` may have; that of a large network has less than 2 MB. */
const LARGEST_JSON = 100e6

/**
 * Opens a folder with a model of TensorFlow.js.
 *
 * @param source - the folder, or its `model.json`
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} when there is none, it is no JSON, or the runtime has no files
 */
export async function openModelFolder(source: string, functionName: string): Promise<ModelFiles> {
  const files = builtinModule<typeof fs>('node:fs/promises')
  const paths = builtinModule<typeof path>('node:path')
  if (files === undefined || paths === undefined) {
    throw new KdError(`${functionName}: folders must be read in Node >= 20.16, got a runtime without files`, {
      hint: 'in a browser give { json, read }',
    })
  }
  const file = source.endsWith('.json') ? source : paths.join(source, 'model.json')
  const text = new TextDecoder().decode(await readRegular(files, file, LARGEST_JSON, functionName))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new KdError(`${functionName}: ${file} must be JSON, got ${text.length} other characters`, { cause })
  }
  const folder = await files.realpath(paths.dirname(file))
  return {
    json,
    async read(name) {
      const path = paths.join(folder, name)
      const real = await files.realpath(path).catch(() => path)
      if (!real.startsWith(folder + paths.sep))
        throw new KdError(
          `${functionName}: weights must lie in the folder of model.json, got a link out of it: ${name}`,
        )
      return readRegular(files, real, Infinity, functionName)
    },
  }
}

async function readRegular(
  { open, constants }: Pick<typeof fs, 'open' | 'constants'>,
  path: string,
  most: number,
  functionName: string,
): Promise<Uint8Array> {
  const fail = (found: string, cause?: unknown): never => {
    throw new KdError(`${functionName}: ${path} must be a readable file, got ${found}`, { cause })
  }
  // Without O_NONBLOCK a pipe that nobody writes to would be waited for; Windows has neither.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) =>
    fail(reasonOf(cause as NodeJS.ErrnoException), cause),
  )
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return fail('something else than a file')
    if (stat.size > most) return fail(`${stat.size} bytes of at most ${most}`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? 'no such file' : (code ?? message)
}

/**
 * Reads the weights of a model, group by group.
 *
 * @param files - of the model
 * @param groups - as its manifest describes them
 * @param functionName - the function that was called, for messages
 * @returns the bytes of all groups, one behind the other
 * @throws {@link KdError} when a path leads out of the folder, or there are more or fewer bytes than the manifest says
 */
export async function readWeightFiles(
  files: ModelFiles,
  groups: readonly WeightGroup[],
  functionName: string,
): Promise<ArrayBuffer> {
  for (const { paths } of groups) for (const path of paths) assertInside(path, functionName)
  const parts: Uint8Array[] = []
  for (const { paths, bytes } of groups) {
    let found = 0
    for (const path of paths) {
      const part = await files.read(path)
      found += part.length
      if (found > bytes) break
      parts.push(part)
    }
    if (found !== bytes) {
      throw new KdError(
        `${functionName}: weights in ${paths.slice(0, 5).join(', ')} must have ${bytes} bytes, got ${found > bytes ? 'more' : found}`,
        {
          hint:
            found > bytes ? 'the files are of another model' : 'a file is cut off or missing in the manifest',
        },
      )
    }
  }
  const whole = new Uint8Array(groups.reduce((sum, { bytes }) => sum + bytes, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole.buffer
}

/** Refuses absolute paths, addresses, and paths with a step up. */
function assertInside(path: string, functionName: string): void {
  const steps = path.split(/[/\\]/)
  if (path !== '' && !/^[/\\]|^[a-z][a-z0-9+.-]*:|\0/i.test(path) && !steps.includes('..')) return
  throw new KdError(
    `${functionName}: weights must lie in the folder of model.json, got the path ${JSON.stringify(path.slice(0, 200))}`,
    { hint: 'nothing outside of the folder is read: put the files beside model.json' },
  )
}
