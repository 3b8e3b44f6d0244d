import { setTimeout } from 'node:timers/promises'

/** Milliseconds between two tries. */
const PAUSE = 2000

/** What Redis answers while it has no memory, no room on its disk, or no time: it passes, or somebody mends it. */
const passing = /\b(OOM|MISCONF|LOADING|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/

/** What can be done where a server stays in such trouble. */
const remedies: Readonly<Record<string, string>> = {
  OOM: 'raise its maxmemory, or remove old jobs',
  MISCONF: 'make room on its disk',
  READONLY: 'name the server that can be written to',
}

/**
 * Says what trouble a queue is in that passes, in one line.
 *
 * @param error - what a command of the queue ended with
 * @returns undefined for any other error
 */
export function passingTrouble(error: unknown): string | undefined {
  const message = messageOf(error)
  const [, name] = passing.exec(message) ?? []
  if (name === undefined) return undefined
  const remedy = remedies[name]
  return remedy === undefined ? message : `${message}; ${remedy}`
}

/** What an error of the queue says, in one line; where in the client it came from helps nobody. */
export function messageOf(error: unknown): string {
  if (error instanceof SyntaxError) return `it holds something that is no JSON: ${error.message}`
  // Behind the first sentence are the names of its scripts.
  const message = error instanceof Error ? error.message : String(error)
  return message.split(/\n| script: /)[0]!
}

/** How work on a queue is tried again. */
export interface PatienceOptions {
  /** This is called once for each trouble, and when it is over. */
  readonly tell: (text: string) => void
  /** Whether nobody waits any longer. */
  readonly hasLeft: () => boolean
}

/**
 * Does work on a queue, and does it again for as long as the queue is in trouble that passes.
 *
 * @param work - that can be done twice to the same effect
 * @param options - see {@link PatienceOptions}
 * @returns what the work gives
 * @throws whatever the work throws that does not pass, or that nobody waits out
 */
export async function patiently<Result>(
  work: () => Promise<Result>,
  { tell, hasLeft }: PatienceOptions,
): Promise<Result> {
  let told: string | undefined
  for (;;) {
    try {
      const result = await work()
      if (told !== undefined) tell('the queue takes jobs again')
      return result
    } catch (error) {
      const trouble = passingTrouble(error)
      if (trouble === undefined || hasLeft()) throw error
      if (trouble !== told) tell(`the queue takes nothing at the moment (${trouble}): trying again`)
      told = trouble
      await setTimeout(PAUSE)
    }
  }
}
