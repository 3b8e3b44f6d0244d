import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** More than a file of git's that names a commit has; `packed-refs` of a large repository has a few million bytes. */
const MAX_BYTES = 20_000_000

/**
 * Reads which commit is checked out in the git repository around a folder. The files are read here because the program `git` runs
 * what the repository's own config names, such as `core.fsmonitor` and filters, and the repository may be a stranger's.
 *
 * @param folder - where the search begins; it goes on in the folders above
 * @returns the hash, or undefined without a repository or without a commit
 */
export function gitCommit(folder: string): string | undefined {
  const own = gitFolder(folder)
  if (own === undefined) return undefined
  const head = text(join(own, 'HEAD'))
  if (head === undefined || isHash(head)) return head
  const [, name] = /^ref: (refs\/[\w./+@-]+)$/.exec(head) ?? []
  if (name === undefined || name.includes('..')) return undefined
  // A worktree has its own HEAD, and its branches lie in the repository that it belongs to.
  const shared = text(join(own, 'commondir'))
  const common = shared === undefined ? own : resolve(own, shared)
  const loose = text(join(common, name))
  if (loose !== undefined) return isHash(loose) ? loose : undefined
  const packed = text(join(common, 'packed-refs'))?.split('\n')
  const found = packed?.find((line) => line.endsWith(` ${name}`))?.split(' ')[0]
  return found !== undefined && isHash(found) ? found : undefined
}

/** The folder with HEAD: `.git`, or the folder that a file `.git` names, as in worktrees and submodules. */
function gitFolder(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, '.git')
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) return path
    const [, named] = /^gitdir: (.+)$/.exec(text(path) ?? '') ?? []
    if (named !== undefined) return resolve(at, named)
    if (dirname(at) === at) return undefined
  }
}

/** The content of a regular file; undefined for anything else. */
function text(path: string): string | undefined {
  try {
    const found = statSync(path)
    return found.isFile() && found.size <= MAX_BYTES ? readFileSync(path, 'utf8').trim() : undefined
  } catch {
    // No such file, or none that may be read: then the commit is not known.
    return undefined
  }
}

function isHash(value: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)
}
