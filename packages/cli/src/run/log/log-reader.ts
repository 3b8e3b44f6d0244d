import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { openRegularFile } from '../../config/regular-file.js'
import { UsageError } from '../../config/usage-error.js'
import { checkedLine, type ReadLine } from './run-log.js'

/** Bytes that are read at a time. */
const CHUNK = 1 << 20
/** A line of a run is far shorter. */
const LONGEST_LINE = 1 << 26
/** Bytes before the end of what was read, by which a file is known again. */
const MARK = 256
const LINE_END = 10

/** Takes what is in a log. */
export interface LogListener {
  /** Takes the next line. */
  readonly onLine: (line: ReadLine) => void
  /** This is called when the file is another one by now, or was cut: its lines come from the first. */
  readonly onRestart: () => void
}

/** Reads metrics.jsonl of a run that may go on: each time the lines that have come since, in memory that does not grow with them. */
export class LogReader {
  readonly #path: string
  readonly #listener: LogListener
  /** How many bytes were read, up to the end of a line. */
  #offset = 0
  #lines = 0
  #inode = 0
  /** The last bytes before the offset. */
  #mark: Buffer = Buffer.alloc(0)

  /**
   * @param folder - of the run
   * @param listener - see {@link LogListener}
   */
  constructor(folder: string, listener: LogListener) {
    this.#path = join(folder, 'metrics.jsonl')
    this.#listener = listener
  }

  /**
   * Reads the lines that have come since the last call. Half a line at the end, of a run that goes on or was killed, waits for its other
   * half.
   *
   * @throws {@link UsageError} naming the line that a run does not write
   */
  async read(): Promise<void> {
    const file = await openIfThere(this.#path)
    if (file === undefined) {
      this.#restart()
      return
    }
    try {
      await this.#readFrom(file)
    } catch (error) {
      // Some of the lines before the damaged one were taken.
      this.#restart()
      throw error
    } finally {
      await file.close()
    }
  }

  async #readFrom(file: FileHandle): Promise<void> {
    const { ino, size } = await file.stat()
    if (ino !== this.#inode || size < this.#offset || !(await this.#isKnown(file))) this.#restart()
    this.#inode = ino
    let pending: Buffer = Buffer.alloc(0)
    for (let position = this.#offset; ;) {
      const chunk = Buffer.alloc(CHUNK)
      const { bytesRead } = await file.read(chunk, 0, CHUNK, position)
      if (bytesRead === 0) return
      position += bytesRead
      pending = this.#take(Buffer.concat([pending, chunk.subarray(0, bytesRead)]))
      if (pending.length > LONGEST_LINE)
        throw new UsageError(`${this.#path} must hold lines as a run writes them, got one without an end`)
    }
  }

  /** A run that goes on from a checkpoint cuts its log, which may be longer than before by now. */
  async #isKnown(file: FileHandle): Promise<boolean> {
    const length = this.#mark.length
    const there = Buffer.alloc(length)
    await file.read(there, 0, length, this.#offset - length)
    return there.equals(this.#mark)
  }

  /** Takes whole lines, and gives back what is behind them. */
  #take(bytes: Buffer): Buffer {
    const end = bytes.lastIndexOf(LINE_END) + 1
    if (end === 0) return bytes
    for (const text of bytes.toString('utf8', 0, end).split('\n')) {
      if (text === '') continue
      this.#lines++
      const line = checkedLine(text, `${this.#path} line ${this.#lines}`)
      if (line !== undefined) this.#listener.onLine(line)
    }
    this.#offset += end
    this.#mark = Buffer.concat([this.#mark, bytes.subarray(Math.max(0, end - MARK), end)]).subarray(-MARK)
    return Buffer.from(bytes.subarray(end))
  }

  #restart(): void {
    if (this.#lines > 0) this.#listener.onRestart()
    this.#offset = 0
    this.#lines = 0
    this.#mark = Buffer.alloc(0)
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await openRegularFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Reads the end of a file.
 *
 * @param path - of the file
 * @returns its last line, without the line end; undefined without a file
 */
export async function lastLine(path: string): Promise<string | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    for (let length = Math.min(size, CHUNK); ; length = Math.min(size, length * 4)) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await file.read(bytes, 0, length, size - length)
      const text = bytes.subarray(0, bytesRead)
      // A line end at the very end belongs to the last line.
      const start = text.subarray(0, -1).lastIndexOf(LINE_END) + 1
      if (start > 0 || length === size || length > LONGEST_LINE)
        return text.toString('utf8', start).replace(/\n$/, '')
    }
  } finally {
    await file.close()
  }
}
