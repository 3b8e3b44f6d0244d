import { KdError } from '@kd/core'
import { constants, open, type FileHandle } from 'node:fs/promises'

/** The most that a file may have where nothing else bounds it: the largest that Node reads at once. */
const LARGEST = 2 ** 31 - 1

/**
 * Opens a file to read it. Devices, pipes and sockets are refused, for they need not end, and to open a pipe would be to wait for somebody
 * who writes.
 *
 * @param path - of the file
 * @returns the open file, to be closed by the caller
 * @throws the error of the system, or a {@link KdError} whose `code` says what is there in place of a file
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  // Windows does not have the flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) throw unreadable(path, 'a folder')
    if (!stats.isFile()) throw unreadable(path, 'a device, pipe or socket')
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Reads a whole file, as {@link openRegularFile} opens it.
 *
 * @param path - of the file
 * @param maxBytes - the most that it may have
 * @returns its bytes
 * @throws the error of the system, or a {@link KdError} whose `code` says what is there in place of such a file
 */
export async function readRegularFile(path: string, maxBytes: number = LARGEST): Promise<Buffer> {
  const file = await openRegularFile(path)
  try {
    const { size } = await file.stat()
    if (size > maxBytes) throw unreadable(path, `${size} bytes, more than ${maxBytes}`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/**
 * Reads a whole text file in UTF-8, as {@link readRegularFile} does.
 *
 * @param path - of the file
 * @param maxBytes - the most that it may have
 * @returns its text
 * @throws what {@link readRegularFile} throws
 */
export async function readRegularText(path: string, maxBytes?: number): Promise<string> {
  return (await readRegularFile(path, maxBytes)).toString()
}

function unreadable(path: string, code: string): Error {
  return Object.assign(new KdError(`${path} must be a file that can be read, got ${code}`), { code })
}
