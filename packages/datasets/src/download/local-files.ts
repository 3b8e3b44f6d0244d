import { InvalidArgumentError, KdError } from '@kd/core'
import { downloadFile, type OnDownloadProgress } from './download-file.js'
import { nodeModule } from '../files/node-module.js'
import { findFile } from '../files/read-files.js'

/** Options of data sets that are published as files: where the files are, and whether they may be fetched. */
export interface LocalFilesOptions {
  /** Folder of the files. @defaultValue the usual places, then the cache folder */
  readonly path?: string | undefined
  /** Whether to fetch files that are missing, into `path` or the cache folder. @defaultValue false */
  readonly download?: boolean | undefined
  /** Is called with how far each file is. It must be given with `download`, which is never silent. */
  readonly onProgress?: OnDownloadProgress | undefined
}

/** Files that belong together: their names, the folders to look in, and a way to fetch them. */
export interface FileSet {
  readonly name: string
  readonly fileNames: readonly string[]
  /** Folders to look in, the first one that has all files wins; relative ones are taken below `path` or the cache. */
  readonly folders: readonly string[]
  /** Puts the files into a folder. */
  readonly fetch: (folder: string, onProgress: OnDownloadProgress) => Promise<void>
  /** How to get the files without `download`. */
  readonly hint: string
}

/** Returns the paths of all files of a set, and fetches them if wanted. Each may also have `.gz` behind its name. */
export async function localFiles(set: FileSet, options: LocalFilesOptions): Promise<readonly string[]> {
  const paths = nodeModule('node:path', 'loadDataset')
  const base = options.path ?? paths.join(cacheFolder(), set.name)
  const folders = set.folders.map((folder) => paths.resolve(base, folder))
  const present = await filesInOneFolder(set, folders)
  if (present !== undefined) return present
  if (options.download === true) {
    await set.fetch(base, progressOf(options))
    const fetched = await filesInOneFolder(set, folders)
    if (fetched !== undefined) return fetched
  }
  throw new KdError(
    `loadDataset: the files of ${set.name} (${set.fileNames.join(', ')}) must be in ${folders.join(' or ')}, got no complete folder`,
    { hint: set.hint },
  )
}

async function filesInOneFolder(
  { fileNames }: FileSet,
  folders: readonly string[],
): Promise<string[] | undefined> {
  const paths = nodeModule('node:path', 'loadDataset')
  for (const folder of folders) {
    const candidates = await Promise.all(
      fileNames.map((name) => findFile([paths.join(folder, name), paths.join(folder, `${name}.gz`)])),
    )
    const complete = candidates.filter((path) => path !== undefined)
    if (complete.length === fileNames.length) return complete
  }
  return undefined
}

/** Fetches files under their own names, one after the other, and leaves out those that are in the folder already. */
export async function fetchFiles(
  files: readonly Parameters<typeof downloadFile>[0][],
  folder: string,
  onProgress: OnDownloadProgress,
): Promise<void> {
  const paths = nodeModule('node:path', 'loadDataset')
  for (const file of files) {
    const path = paths.join(folder, paths.basename(new URL(file.url).pathname))
    if ((await findFile([path])) === undefined) await downloadFile(file, path, onProgress)
  }
}

function progressOf({ onProgress }: LocalFilesOptions): OnDownloadProgress {
  if (onProgress !== undefined) return onProgress
  throw new InvalidArgumentError('loadDataset: onProgress must be given with download, got none', {
    hint: 'a download takes long and fills a disk: show it, with onProgress: ({ receivedBytes }) => ...',
  })
}

/**
 * Returns the folder for downloaded data: `KD_CACHE` where it is set, else `kd` in the user's cache folder
 * (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`).
 */
export function cacheFolder(): string {
  const os = nodeModule('node:os', 'cacheFolder')
  const paths = nodeModule('node:path', 'cacheFolder')
  const { env, platform } = nodeModule('node:process', 'cacheFolder')
  if (env['KD_CACHE']) return env['KD_CACHE']
  if (platform === 'darwin') return paths.join(os.homedir(), 'Library', 'Caches', 'kd')
  if (platform === 'win32')
    return paths.join(env['LOCALAPPDATA'] ?? paths.join(os.homedir(), 'AppData', 'Local'), 'kd', 'Cache')
  return paths.join(env['XDG_CACHE_HOME'] || paths.join(os.homedir(), '.cache'), 'kd')
}
