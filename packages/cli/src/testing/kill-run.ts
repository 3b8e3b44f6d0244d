import { spawn } from 'node:child_process'
import { existsSync, watch, type FSWatcher } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The moment at which a run is killed. */
export type KillMoment =
  /** So many milliseconds after the process was started, or the run's folder made. */
  | { readonly since: 'start' | 'folder'; readonly after: number }
  /** So many milliseconds after a checkpoint began to be written, the n-th of this process. */
  | { readonly write: number; readonly delay: number }

/** What became of a run, and what it left behind. */
export interface Remains {
  /** False where it had ended before. */
  readonly killed: boolean
  /** How far it was, by what lies in its folder. */
  readonly stage: 'nothing' | 'begun' | 'teacher' | 'student' | 'ended'
  /** Whether a checkpoint is half-written. */
  readonly torn: boolean
  /** How many checkpoints were begun. */
  readonly writes: number
  /** Milliseconds that it lived, from the start of the process and from the making of the folder. */
  readonly lived: { readonly start: number; readonly folder: number }
}

/**
 * Starts a process and kills it with SIGKILL at one moment.
 *
 * @param words - the program and its arguments, for Node
 * @param out - the run's folder, which is not there yet
 * @param moment - when; never without it
 * @returns what is left
 */
export async function killRun(words: readonly string[], out: string, moment?: KillMoment): Promise<Remains> {
  const began = { start: performance.now(), folder: Infinity }
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const kill = (delay: number): void => {
    if (delay === 0) child.kill('SIGKILL')
    else setTimeout(() => child.kill('SIGKILL'), delay)
  }
  const stopWatching = watchRun(out, {
    onFolder: () => {
      began.folder = performance.now()
      if (moment !== undefined && 'since' in moment && moment.since === 'folder') kill(moment.after)
    },
    onWrite: (writes) => {
      if (moment !== undefined && 'write' in moment && writes === moment.write) kill(moment.delay)
    },
  })
  if (moment !== undefined && 'since' in moment && moment.since === 'start') kill(moment.after)
  await new Promise((resolve) => child.on('close', resolve))
  const writes = stopWatching()
  if (child.exitCode !== null && child.exitCode !== 0) throw new Error(errors)
  const now = performance.now()
  const lived = { start: now - began.start, folder: Math.max(0, now - began.folder) }
  return { killed: child.signalCode === 'SIGKILL', writes, lived, ...(await leftIn(out)) }
}

/** Watches a run's folder from outside; gives a function that ends that and says how many checkpoints were begun. */
function watchRun(
  out: string,
  { onFolder, onWrite }: { onFolder: () => void; onWrite: (writes: number) => void },
): () => number {
  const checkpoints = join(out, 'checkpoint')
  const seen = new Set<string>()
  let watcher: FSWatcher | undefined
  let hasFolder = false
  const timer = setInterval(() => {
    if (!hasFolder && existsSync(out)) {
      hasFolder = true
      onFolder()
    }
    if (!existsSync(checkpoints)) return
    clearInterval(timer)
    watcher = watch(checkpoints, (_, name) => {
      if (name?.endsWith('.tmp') !== true || seen.has(name)) return
      seen.add(name)
      onWrite(seen.size)
    })
  }, 1)
  return () => {
    clearInterval(timer)
    watcher?.close()
    return seen.size
  }
}

async function leftIn(out: string): Promise<Pick<Remains, 'stage' | 'torn'>> {
  const found = await readdir(out, { recursive: true }).catch((): string[] => [])
  const metrics = await readFile(join(out, 'metrics.jsonl'), 'utf8').catch(() => '')
  const torn = found.some((name) => name.endsWith('.tmp') && name.startsWith('checkpoint'))
  if (metrics.includes('"kind":"result"')) return { stage: 'ended', torn }
  if (metrics !== '' || found.includes(join('teacher-1', 'training.json'))) return { stage: 'student', torn }
  if (found.some((name) => name.includes('.safetensors'))) return { stage: 'teacher', torn }
  return { stage: found.includes('config.yaml') ? 'begun' : 'nothing', torn }
}
