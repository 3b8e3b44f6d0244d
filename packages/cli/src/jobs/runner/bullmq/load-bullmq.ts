import { KdError } from '@kd/core'
import type * as Bullmq from 'bullmq'
import type * as Ioredis from 'ioredis'

/** The two packages that a queue needs. */
export interface BullmqPackages {
  readonly bullmq: typeof Bullmq
  readonly Redis: typeof Ioredis.Redis
}

/**
 * Loads what a queue needs, which is not installed with this package.
 *
 * @returns what is used of both packages
 * @throws {@link KdError} with the command that installs them
 */
export async function loadBullmq(): Promise<BullmqPackages> {
  try {
    const [bullmq, { Redis }] = [await import('bullmq'), await import('ioredis')]
    return { bullmq, Redis }
  } catch (cause) {
    throw new KdError('a queue needs the packages bullmq and ioredis, which are not installed', {
      cause,
      hint: 'npm install bullmq@6 ioredis@6',
    })
  }
}
