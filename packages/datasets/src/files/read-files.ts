import { KdError } from '@kd/core'
import { nodeModule } from './node-module.js'

/** Returns the first of the paths where there is a file, or undefined. */
export async function findFile(paths: readonly string[]): Promise<string | undefined> {
  const fs = nodeModule('node:fs/promises', 'loadDataset')
  for (const path of paths) {
    const isFile = await fs.stat(path).then(
      (stats) => stats.isFile(),
      () => false,
    )
    if (isFile) return path
  }
  return undefined
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder',
  ENOTDIR: 'a path through a file that is not a folder',
  EACCES: 'a file without permission to read it',
}

/** What a file may be at most where nothing else bounds it: the largest that Node reads at once. */
const LARGEST = 2 ** 31 - 1

/**
 * Reads a whole file; an error names it and says why it cannot be read. Devices, pipes and sockets are refused, for they need not end.
 *
 * @param maxBytes - the most that it may have, where that is known
 */
export async function readFileBytes(
  path: string,
  functionName: string,
  maxBytes: number = LARGEST,
): Promise<Uint8Array> {
  const fs = nodeModule('node:fs/promises', functionName)
  const { constants } = nodeModule('node:fs', functionName)
  let file
  try {
    // Opening a pipe would wait for a writer.
    file = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = await file.stat()
    if (stats.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    if (!stats.isFile()) throw new Error('a device, pipe or socket')
    if (stats.size > maxBytes) throw new Error(`${stats.size} bytes, more than ${maxBytes}`)
    return await file.readFile()
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new KdError(`${functionName}: ${path} must be a readable file, got ${reasons[code] ?? message}`, {
      hint: 'check the path and its permissions',
      cause: error,
    })
  } finally {
    await file?.close()
  }
}

/** What unpacked data may be at most: a number of bytes, or what its first bytes say, undefined while there are too few of them. */
export type UnpackedLimit = number | ((start: Uint8Array) => number | undefined)

/**
 * Unpacks bytes whose first two say that they are gzip-compressed; returns others as they are.
 *
 * @param limit - the most that they may unpack to; it ends there, so that a small file cannot fill the memory
 */
export async function gunzip(
  bytes: Uint8Array,
  fileName: string,
  functionName: string,
  limit: UnpackedLimit = LARGEST,
): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await inflate(bytes, 'gzip', limit)
  } catch (error) {
    if (error instanceof RangeError) {
      throw new KdError(`${functionName}: ${fileName} must not unpack to more than ${error.message}`, {
        hint: 'the file is damaged or made to fill the memory',
        cause: error,
      })
    }
    throw new KdError(
      `${functionName}: ${fileName} must be whole gzip data, got a damaged or truncated file`,
      {
        hint: 'fetch the file again',
        cause: error,
      },
    )
  }
}

/**
 * Unpacks with the platform's own decompressor, which browsers have too.
 *
 * @throws RangeError when there is more than the limit
 */
export async function inflate(
  bytes: Uint8Array,
  format: 'gzip' | 'deflate',
  limit: UnpackedLimit = LARGEST,
): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream(format))
  const chunks: Uint8Array[] = []
  let length = 0
  let most = typeof limit === 'number' ? limit : undefined
  const reader = stream.getReader() as ReadableStreamDefaultReader<Uint8Array>
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
    if (typeof limit !== 'number') most ??= limit(chunks.length === 1 ? value : joined(chunks, length))
    if (length > (most ?? LARGEST)) {
      await reader.cancel()
      throw new RangeError(`${most ?? LARGEST} bytes`)
    }
  }
  return joined(chunks, length)
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
