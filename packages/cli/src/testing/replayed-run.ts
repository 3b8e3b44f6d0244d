import { appendFile, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FolderLock } from '../run/folder/folder-lock.js'

/** A finished run that is written anew bit by bit, as its process wrote it. */
export interface ReplayedRun {
  readonly folder: string
  /** Writes lines of metrics.jsonl up to the end of an epoch, and a piece of the next line. */
  readonly toEpoch: (epoch: number) => Promise<void>
  /** Writes the rest. */
  readonly toEnd: () => Promise<void>
  /** Ends before, without a word. */
  readonly stop: () => Promise<void>
}

/** Begins to write a finished run anew. */
export async function replayRun(finished: string, folder: string): Promise<ReplayedRun> {
  const metrics = await readFile(join(finished, 'metrics.jsonl'), 'utf8')
  const path = join(folder, 'metrics.jsonl')
  let done = 0
  const upTo = async (end: number): Promise<void> => {
    await appendFile(path, metrics.slice(done, end))
    done = end
  }
  await mkdir(folder)
  const lock = await FolderLock.take(folder)
  for (const name of ['config.yaml', 'environment.json'])
    await copyFile(join(finished, name), join(folder, name))
  await writeFile(path, '')
  return {
    folder,
    toEpoch: async (epoch) => {
      const line = metrics.indexOf(`{"kind":"epoch","epoch":${epoch},`)
      await upTo(metrics.indexOf('\n', line) + 5)
    },
    toEnd: async () => {
      await copyFile(join(finished, 'diagnostics.json'), join(folder, 'diagnostics.json.1.tmp'))
      await rename(join(folder, 'diagnostics.json.1.tmp'), join(folder, 'diagnostics.json'))
      await upTo(metrics.length)
      await lock.release()
    },
    stop: () => lock.release(),
  }
}
