import { KdError, type DownloadProgress } from '@kd/core'
import { nodeModule } from '../files/node-module.js'

/** Called at the start, after each piece, and at the end of every file. */
export type OnDownloadProgress = (progress: DownloadProgress) => void

/** A file to fetch, and the checksum that it must have. */
export interface RemoteFile {
  readonly url: string
  /** The checksum; its digest is hexadecimal. */
  readonly checksum: { readonly algorithm: 'md5' | 'sha256'; readonly digest: string }
}

/**
 * Fetches a file to a path. What has arrived is kept in `PATH.part` until the checksum is right, so `PATH` never holds
 * half a file. A later call goes on where an interrupted one stopped, if the server can send a part of a file.
 */
export async function downloadFile(
  file: RemoteFile,
  path: string,
  onProgress: OnDownloadProgress,
): Promise<void> {
  const fs = nodeModule('node:fs/promises', 'downloadFile')
  const paths = nodeModule('node:path', 'downloadFile')
  const part = `${path}.part`
  await fs.mkdir(paths.dirname(path), { recursive: true })
  const resumed = await receive(file.url, { part, path, onProgress })
  const receivedDigest = await digestOf(part, file.checksum.algorithm)
  if (receivedDigest !== file.checksum.digest) {
    await fs.rm(part)
    // What was there before may have been of another version of the file.
    if (resumed) return downloadFile(file, path, onProgress)
    const { algorithm, digest } = file.checksum
    throw new KdError(
      `downloadFile: ${file.url} must have the ${algorithm} checksum ${digest}, got ${receivedDigest}`,
      {
        hint: 'nothing was kept; try again later, or put the right file at ' + path,
      },
    )
  }
  await fs.rename(part, path)
}

interface Target {
  readonly part: string
  readonly path: string
  readonly onProgress: OnDownloadProgress
}

/** Fetches what is missing of the part file, and returns whether it went on from an earlier download. */
async function receive(url: string, { part, path, onProgress }: Target): Promise<boolean> {
  const fs = nodeModule('node:fs/promises', 'downloadFile')
  const present = await fs.stat(part).then(
    ({ size }) => size,
    () => 0,
  )
  const response = await request(url, present)
  // The range lies behind the end: all of it is here already, or it is another file, as the checksum will tell.
  if (response.status === 416 && present > 0) return true
  if (!response.ok || response.body === null) {
    throw new KdError(`downloadFile: ${url} must be there, got status ${response.status}`, {
      hint: `fetch the file by other means and put it at ${path}`,
    })
  }
  const resumed = response.status === 206 && startOf(response) === present
  if (response.status === 206 && !resumed)
    throw new KdError(`downloadFile: ${url} must send the range asked for`)
  let receivedBytes = resumed ? present : 0
  const length = Number(response.headers.get('content-length') ?? NaN)
  const total = Number.isFinite(length) ? { totalBytes: receivedBytes + length } : {}
  const handle = await fs.open(part, resumed ? 'a' : 'w')
  try {
    onProgress({ url, path, receivedBytes, ...total })
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      await handle.writeFile(piece)
      receivedBytes += piece.length
      onProgress({ url, path, receivedBytes, ...total })
    }
  } catch (error) {
    throw interrupted(url, error)
  } finally {
    await handle.close()
  }
  return resumed
}

async function request(url: string, present: number): Promise<Response> {
  // Compression would make the length and the ranges those of another stream of bytes.
  const headers = { 'accept-encoding': 'identity', ...(present > 0 && { range: `bytes=${present}-` }) }
  try {
    return await fetch(url, { headers })
  } catch (error) {
    throw interrupted(url, error)
  }
}

function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN)
}

function interrupted(url: string, error: unknown): KdError {
  const { message, cause } = error as Error
  const reason = cause instanceof Error ? cause.message : message
  return new KdError(`downloadFile: ${url} must arrive whole, got: ${reason}`, {
    hint: 'run it again to go on where it stopped',
    cause: error,
  })
}

async function digestOf(path: string, algorithm: string): Promise<string> {
  const crypto = nodeModule('node:crypto', 'downloadFile')
  const nodeFs = nodeModule('node:fs', 'downloadFile')
  const hash = crypto.createHash(algorithm)
  for await (const piece of nodeFs.createReadStream(path)) hash.update(piece as Uint8Array)
  return hash.digest('hex')
}
