/** Milliseconds that a job has to save what it did, once its time is over. */
const GRACE = 60_000

/** How long a job may take. */
export interface TimeLimit {
  /** Set off when the time is over: the job is to stop. */
  readonly isOver: AbortSignal
  /** Set off a minute later, for a job that does not stop. */
  readonly kill: AbortSignal
  /** Forgets the limit, once the job has ended. */
  readonly clear: () => void
}

/**
 * Begins to measure the time of a job.
 *
 * @param minutes - that it may take
 */
export function timeLimit(minutes: number): TimeLimit {
  const [over, kill] = [new AbortController(), new AbortController()]
  const limit = minutes * 60_000
  const timers = [setTimeout(() => over.abort(), limit), setTimeout(() => kill.abort(), limit + GRACE)]
  return {
    isOver: over.signal,
    kill: kill.signal,
    clear: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
