import { KdError } from '@kd/core'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'

/**
 * Writes a file so that nobody ever sees half of it: under another name in the same folder, flushed to the disk, then
 * renamed.
 *
 * @param path - the final name; a file of that name is replaced
 * @param content - text or bytes
 * @throws {@link KdError} naming the path, when the folder cannot be written or the disk is full; no file is left
 */
export async function writeFileSafely(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  let file: FileHandle | undefined
  try {
    file = await open(temporary, 'w')
    await file.writeFile(content)
    await file.sync()
    await file.close()
    file = undefined
    await rename(temporary, path)
  } catch (error) {
    await file?.close().catch(() => undefined)
    await rm(temporary, { force: true }).catch(() => undefined)
    throw writeError(path, error)
  }
}

/** Says in one line why a path cannot be written. */
export function writeError(path: string, error: unknown): KdError {
  const { code = String(error) } = error as NodeJS.ErrnoException
  const reason = reasons[code]
  return new KdError(`cannot write ${path}: ${reason?.what ?? code}`, {
    cause: error,
    hint: reason?.fix ?? 'choose another folder with --out',
  })
}

const reasons: Record<string, { what: string; fix: string }> = {
  ENOSPC: { what: 'the disk is full (ENOSPC)', fix: 'free some space, or choose another folder with --out' },
  EDQUOT: {
    what: 'the disk quota is used up (EDQUOT)',
    fix: 'free some space, or choose another folder with --out',
  },
  EFBIG: { what: 'the file is larger than allowed here (EFBIG)', fix: 'raise the limit (ulimit -f)' },
  EACCES: { what: 'permission denied (EACCES)', fix: 'choose another folder with --out' },
  EPERM: { what: 'permission denied (EPERM)', fix: 'choose another folder with --out' },
  EROFS: { what: 'the file system is read-only (EROFS)', fix: 'choose another folder with --out' },
  ENOTDIR: { what: 'part of the path is a file (ENOTDIR)', fix: 'choose another folder with --out' },
  EEXIST: { what: 'part of the path is a file (EEXIST)', fix: 'choose another folder with --out' },
  ENOENT: {
    what: 'its folder is not there or cannot be made (ENOENT)',
    fix: 'choose another folder with --out',
  },
}
