import { KdError } from '@kd/core'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Lease } from '../../run/folder/lease.js'
import { writeError } from '../../run/folder/write-file-safely.js'

/** How a lease is waited for. */
export interface JobLeaseOptions {
  /** Ends the waiting, and the work. */
  readonly signal: AbortSignal
  /** Called once, when another process holds it. */
  readonly onWait: () => void
}

/**
 * Does work that no other process does at the same time, on any machine that sees the same file. Queues and clusters give a job to a
 * second machine when they lose sight of the first, which may still be writing.
 *
 * @param path - of the file that stands for the lease, see {@link Lease}; its folder is made
 * @param options - see {@link JobLeaseOptions}
 * @param work - gets a signal that ends it when the lease was lost, too
 * @returns what the work gives; undefined when the signal came first
 * @throws {@link KdError} when the lease was lost under the work
 */
export async function withLease<Result>(
  path: string,
  { signal, onWait }: JobLeaseOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw writeError(path, error)
  })
  if (signal.aborted) return undefined
  const lease = await Lease.take(path, { waitSeconds: Infinity, signal, onWait })
  if (!(lease instanceof Lease)) return undefined
  try {
    const result = await work(AbortSignal.any([signal, lease.lost]))
    if (!lease.lost.aborted) return result
    throw new KdError(`job: ${path} was taken over by another process, because this one stood still too long`)
  } finally {
    await lease.release()
  }
}
