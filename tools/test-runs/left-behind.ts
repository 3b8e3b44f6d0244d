import { vi } from 'vitest'

/** What test files that share a process could change for each other, by the names that messages give to it. */
export type ProcessState = ReadonlyMap<string, unknown>

/** Libraries set these once, when they are loaded, and stay loaded: the native engine and sharp. */
const setByLibraries = ['GOMP_SPINCOUNT', 'VIPSHOME']

/** Of what Node calls active resources, those that a test must end. Reads, writes and pipes end by themselves. */
const toBeEnded = ['Timeout', 'ProcessWrap', 'TCPServerWrap', 'FSEventWrap', 'StatWatcher', 'Worker']

/** Takes down the state of this process. */
export function processState(): ProcessState {
  const state = new Map<string, unknown>([
    ['working folder', process.cwd()],
    ['exit code', process.exitCode],
    ['use of fake timers', vi.isFakeTimers()],
  ])
  for (const [name, value] of Object.entries(process.env))
    if (!setByLibraries.includes(name)) state.set(`environment variable ${name}`, value)
  const active = process.getActiveResourcesInfo()
  for (const kind of toBeEnded)
    state.set(`active resources of kind ${kind}`, active.filter((name) => name === kind).length)
  return state
}

/**
 * Compares the process with its state before a test file.
 *
 * @param before - the state before the file
 * @returns a line for each difference
 */
export function leftBehind(before: ProcessState): string[] {
  const after = processState()
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => !isSame(before.get(name), after.get(name)))
    .map((name) => `${name}: ${String(before.get(name))} before, ${String(after.get(name))} after`)
}

/** Fewer resources than before are no harm: an earlier file may have left some. */
function isSame(before: unknown, after: unknown): boolean {
  return typeof before === 'number' && typeof after === 'number' ? after <= before : after === before
}
