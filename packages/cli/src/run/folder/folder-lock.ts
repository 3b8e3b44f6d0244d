import { KdError } from '@kd/core'
import { join } from 'node:path'
import { UsageError } from '../../config/usage-error.js'
import { Lease, type LeaseOptions } from './lease.js'

/** The file in a folder that says who works there. */
export const LOCK = 'lock'

/** Its name, and that of one which is being taken away from a process that is gone. */
export const lockPattern = /^lock(\.[0-9a-f-]{36})?$/

/**
 * Keeps two processes from working in one folder, by a {@link Lease}. Where the folder is that of a job, whoever holds the lease of the
 * job now has the folder from one who lost it, and takes over at once wherever that one was.
 */
export class FolderLock {
  readonly #folder: string
  readonly #lease: Lease

  private constructor(folder: string, lease: Lease) {
    this.#folder = folder
    this.#lease = lease
  }

  /**
   * Takes a folder for this process.
   *
   * @param folder - which is there
   * @param options - how long to wait for another process, and the job that is done there
   * @returns the lock, to be released
   * @throws {@link UsageError} naming the process that works there
   */
  static async take(
    folder: string,
    options: Pick<LeaseOptions, 'waitSeconds' | 'job'> = {},
  ): Promise<FolderLock> {
    const taken = await Lease.take(join(folder, LOCK), options)
    if (taken instanceof Lease) return new FolderLock(folder, taken)
    const { holder } = taken
    throw new UsageError(
      holder === undefined
        ? `${folder} is in use by another process`
        : `${folder} is in use by process ${holder.pid} on ${holder.host} since ${holder.since}`,
      'wait until it has ended, or end it; the lock of a process that is gone is taken over',
    )
  }

  /**
   * Checks that nobody has taken over meanwhile, as happens to a process that stood still too long.
   *
   * @throws {@link KdError} when somebody has
   */
  assertHeld(): void {
    if (!this.#lease.isHeld()) throw new KdError(`${this.#folder} was taken over by another process`)
  }

  /** Gives the folder back. */
  release(): Promise<void> {
    return this.#lease.release()
  }
}
