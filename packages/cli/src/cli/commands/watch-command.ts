import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { table } from '../terminal/table.js'
import { percent } from '../terminal/show-progress.js'
import { LiveServer } from '../watch/live-server.js'
import { watchView } from '../watch/watch-view.js'
import { WatchedFolder } from '../watch/watched-folder.js'
import { hasEnded, type Watched, type WatchedRun } from '../watch/watched-run.js'
import type { CommandContext } from './command-context.js'

/** Milliseconds between two looks. */
const PAUSE = 500

/** Flags of `kd watch`. */
export interface WatchFlags {
  readonly browser?: boolean
  readonly port?: number
  readonly stay?: boolean
  readonly json?: boolean
}

/** What `kd watch` saw last. */
interface WatchOutput {
  readonly text: string
  readonly json: { readonly folder: string; readonly ended: boolean; readonly runs: readonly object[] }
}

/** `kd watch [FOLDER]`. */
export async function watchCommand(
  path: string,
  { browser = false, port, stay = false, json = false }: WatchFlags,
  { terminal, signal }: CommandContext,
): Promise<WatchOutput> {
  const folder = new WatchedFolder(path)
  let watched = await folder.read()
  const server = browser || port !== undefined ? await LiveServer.start(port ?? 0, watched) : undefined
  if (server !== undefined)
    terminal.err.write(
      `live report: ${server.address} (for your browsers on this machine; whoever has the address can read it)\n`,
    )
  const view = watchView(terminal, terminal.out.isTTY === true && !json)
  try {
    for (;;) {
      view.show(watched)
      server?.show(watched)
      if (signal.aborted || (hasEnded(watched) && !stay)) break
      await pause(signal)
      watched = await nextOf(folder, watched)
    }
    await server?.stop(signal)
  } finally {
    view.stop()
    server?.close()
  }
  return {
    text: summary(watched),
    json: { folder: resolve(path), ended: hasEnded(watched), runs: watched.runs.map(inShort) },
  }
}

/** The same object where nothing has changed. */
async function nextOf(folder: WatchedFolder, before: Watched): Promise<Watched> {
  const now = await folder.read()
  const isSame =
    now.runs.length === before.runs.length && now.runs.every((run, index) => run === before.runs[index])
  return isSame ? before : now
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(PAUSE, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function summary({ runs }: Watched): string {
  const cells = ({ name, state, epochs, done: trained, written }: WatchedRun): string[] => {
    const [last, best] = [written?.result?.last?.test, written?.result?.best?.test]
    const done = written === undefined ? '' : `${trained}${epochs === undefined ? '' : `/${epochs}`}`
    return [name, state, done, ...[last, best].map((test) => (test === undefined ? '' : percent(test)))]
  }
  return table(['run', 'state', 'epochs', 'test, last epoch', 'test, best on validation'], runs.map(cells))
}

function inShort({ name, state, message, epochs, done, written }: WatchedRun): object {
  const { last, best } = written?.result ?? {}
  return {
    ...{ name, state, epoch: done },
    ...(epochs !== undefined && { epochs }),
    ...(message !== undefined && { message }),
    ...(last && { last }),
    ...(best && { best }),
  }
}
