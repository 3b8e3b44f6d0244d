import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import * as z from 'zod'
import { processStart } from './process-start.js'

const holderSchema = z.object({
  /** Which set of process numbers its own is one of; null where the system does not say. */
  system: z.string().nullable(),
  host: z.string().regex(/^[\w.-]{1,100}$/),
  pid: z.int(),
  /** See `processStart`. */
  start: z.string(),
  since: z.iso.datetime(),
  /** Id of the job that it holds the lease for. */
  job: z.string().optional(),
})

/** The process that holds a lease, as it says of itself in the file. */
export type LeaseHolder = z.output<typeof holderSchema>

/**
 * What this process writes into the file of a lease. No two leases have the same text.
 *
 * @param job - that the lease is taken for
 */
export function leaseText(job: string | undefined): string {
  const holder: LeaseHolder = {
    system: thisSystem(),
    host: hostname()
      .replace(/[^\w.-]/g, '_')
      .slice(0, 100),
    pid: process.pid,
    start: processStart(process.pid)!,
    since: new Date().toISOString(),
    ...(job !== undefined && { job }),
  }
  return JSON.stringify({ ...holder, token: randomUUID() })
}

/** Reads who holds a lease; undefined while that is not written yet, or something else is. */
export function leaseHolder(text: string): LeaseHolder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/**
 * Looks for the process of a holder among those that this one can see: those of the same machine and the same container.
 *
 * @returns undefined for a holder elsewhere, of which only its signs of life tell
 */
export function isAliveHere(holder: LeaseHolder | undefined): boolean | undefined {
  if (holder === undefined || holder.system === null || holder.system !== thisSystem()) return undefined
  return processStart(holder.pid) === holder.start
}

/** The boot of a machine and the namespace of process numbers, which each container has of its own. Only Linux says. */
function thisSystem(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return null
  }
}
