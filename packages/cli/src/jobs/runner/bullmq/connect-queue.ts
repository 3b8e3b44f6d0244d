import { KdError } from '@kd/core'
import type * as Bullmq from 'bullmq'
import type * as Ioredis from 'ioredis'
import { queueAddress, type QueueAddress } from './queue-address.js'

/** The name of the queue in Redis: its keys begin with `bull:kd:`. */
export const QUEUE = 'kd'

/** A queue that was reached. */
export interface QueueConnection {
  readonly bullmq: typeof Bullmq
  readonly client: Ioredis.Redis
  readonly address: QueueAddress
  readonly close: () => void
}

/** How long the first connection may take. */
const PATIENCE = 10_000

/**
 * Connects to Redis. Once that has worked, a connection that is lost is waited for.
 *
 * @param url - see `queueAddress`
 * @param tell - told when the connection is lost, and when it is there again
 * @returns the connection
 * @throws {@link KdError} when the first connection fails
 */
export async function connectQueue(url: string, tell: (text: string) => void): Promise<QueueConnection> {
  const address = queueAddress(url)
  const { bullmq, Redis } = await loadBullmq()
  const client = new Redis(url, {
    lazyConnect: true,
    // Commands wait for as long as it takes; BullMQ wants it so.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 100, 2000),
  })
  // Without a listener an error would end the process.
  let last = 'no answer'
  client.on('error', (error: Error) => (last = address.redact(error.message)))
  try {
    await firstConnection(client)
  } catch {
    client.disconnect()
    // Without the error itself as its cause: it holds the command, and that the password.
    throw new KdError(`the queue ${address.shown} cannot be reached: ${last}`, {
      hint: 'check that Redis runs there, and the user and password in --queue or KD_QUEUE',
    })
  }
  let isLost = false
  client.on('reconnecting', () => {
    if (!isLost) tell(`the connection to the queue ${address.shown} is lost (${last}): waiting for it`)
    isLost = true
  })
  client.on('ready', () => {
    if (isLost) tell(`the queue ${address.shown} is there again`)
    isLost = false
  })
  return { bullmq, client, address, close: () => client.disconnect() }
}

async function firstConnection(client: Ioredis.Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(reject, PATIENCE)
      client.once('ready', resolve)
      client.on('error', (error: Error) => {
        // Waiting does not make a password right.
        if (/^(NOAUTH|WRONGPASS|NOPERM|ERR .*(AUTH|password))/.test(error.message)) reject(error)
      })
      client.connect().catch(() => undefined)
    })
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Loads what a queue needs, which is not installed with this package.
 *
 * @returns what is used of both packages
 * @throws {@link KdError} with the command that installs them
 */
async function loadBullmq(): Promise<{ bullmq: typeof Bullmq; Redis: typeof Ioredis.Redis }> {
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
