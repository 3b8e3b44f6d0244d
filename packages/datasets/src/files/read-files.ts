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

/** Reads a whole file; an error names it and says why it cannot be read. */
export async function readFileBytes(path: string, functionName: string): Promise<Uint8Array> {
  const fs = nodeModule('node:fs/promises', functionName)
  try {
    return await fs.readFile(path)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new KdError(`${functionName}: ${path} must be a readable file, got ${reasons[code] ?? message}`, {
      hint: 'check the path and its permissions',
      cause: error,
    })
  }
}

/** Unpacks bytes whose first two say that they are gzip-compressed; returns others as they are. */
export async function gunzip(bytes: Uint8Array, fileName: string, functionName: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await inflate(bytes, 'gzip')
  } catch (error) {
    throw new KdError(
      `${functionName}: ${fileName} must be whole gzip data, got a damaged or truncated file`,
      {
        hint: 'fetch the file again',
        cause: error,
      },
    )
  }
}

/** Unpacks with the platform's own decompressor, which browsers have too. */
export async function inflate(bytes: Uint8Array, format: 'gzip' | 'deflate'): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream(format))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
