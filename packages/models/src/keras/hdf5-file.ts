import { KdError } from '@kd/core'
import type * as fs from 'node:fs'
import type * as nodeModules from 'node:module'
import type * as path from 'node:path'
import type * as url from 'node:url'
import type * as threads from 'node:worker_threads'
import { builtinModule, packageUrl } from '../files/builtin-module.js'
import {
  hdf5Reader,
  type Hdf5Answer,
  type Hdf5Library,
  type Hdf5Numbers,
  type Hdf5Question,
} from './hdf5-reader.js'

/** Milliseconds until the library must be there. */
const LONGEST_START = 60_000

/** Milliseconds that one question about a file may take: a damaged file can keep the HDF5 library busy for ever. */
function longestAnswer(bytes: number): number {
  // 20 MB a second, several times slower than a slow machine.
  return 4000 + bytes / 20_000
}

/** Something that answers questions about one file. */
interface Reader {
  ask(question: Hdf5Question): Promise<Hdf5Answer>
  close(): void
}

/**
 * An HDF5 file in memory, of which only what is asked for is decoded. In Node it is read in a thread of its own, which is ended if the
 * HDF5 library does not come back; in other runtimes in this one.
 */
export class Hdf5File {
  readonly #reader: Reader
  readonly #functionName: string

  private constructor(reader: Reader, functionName: string) {
    this.#reader = reader
    this.#functionName = functionName
  }

  /**
   * Opens a file.
   *
   * @param bytes - the whole file
   * @param functionName - the function that was called, for messages
   * @throws {@link KdError} when it is no HDF5 file, or h5wasm is not installed
   */
  static async open(bytes: Uint8Array, functionName: string): Promise<Hdf5File> {
    try {
      return new Hdf5File(
        (await threadReader(bytes, functionName)) ?? (await directReader(bytes, functionName)),
        functionName,
      )
    } catch (cause) {
      throw damaged(functionName, cause)
    }
  }

  /** Tells whether there is an array at a path. */
  async has(path: string): Promise<boolean> {
    return (await this.#ask({ kind: 'has', path })) as boolean
  }

  /**
   * Reads an array. Its bytes are decoded only after its shape was compared with that which is wanted.
   *
   * @param path - of the array
   * @param wanted - its shape
   * @throws {@link KdError} when it is not there, or of another shape or type
   */
  async read(path: string, wanted: readonly number[]): Promise<Float32Array> {
    const answer = (await this.#ask({ kind: 'read', path, wanted })) as Hdf5Numbers
    if ('data' in answer) return answer.data
    throw new KdError(
      `${this.#functionName}: weight ${path.slice(0, 200)} must be float [${wanted.join(', ')}], got ${answer.found.slice(0, 200)}`,
    )
  }

  /** Returns the texts of an attribute, none where there is no such group or attribute. */
  async texts(path: string, attribute: string): Promise<readonly string[]> {
    return (await this.#ask({ kind: 'texts', path, attribute })) as readonly string[]
  }

  /** Frees the memory. */
  close(): void {
    this.#reader.close()
  }

  async #ask(question: Hdf5Question): Promise<Hdf5Answer> {
    try {
      return await this.#reader.ask(question)
    } catch (cause) {
      throw damaged(this.#functionName, cause)
    }
  }
}

/** How many files were opened in this thread. */
let opened = 0

async function directReader(bytes: Uint8Array, functionName: string): Promise<Reader> {
  let library: Hdf5Library
  try {
    library = await import('h5wasm')
    await library.ready
  } catch (cause) {
    throw notInstalled(functionName, cause)
  }
  const name = `kd-${opened++}.h5`
  const answer = hdf5Reader(library, bytes, name)
  return {
    ask: async (question) => answer(question),
    close: () => library.FS!.unlink(name),
  }
}

/** Runs in the thread: the library's messages about damage end with it, and so does its memory. */
const threadSource = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.library).then(async (library) => {
  await library.ready
  parentPort.postMessage({})
  const answer = (${hdf5Reader.toString()})(library, workerData.bytes, 'kd.h5')
  parentPort.on('message', (question) => parentPort.postMessage({ answer: answer(question) }))
  parentPort.postMessage({})
})`

/** Reads in a thread, or returns undefined where the runtime has none. */
async function threadReader(bytes: Uint8Array, functionName: string): Promise<Reader | undefined> {
  const workers = builtinModule<typeof threads>('node:worker_threads')
  if (workers === undefined) return undefined
  const worker = new workers.Worker(threadSource, {
    eval: true,
    stderr: true,
    stdout: true,
    workerData: { library: libraryUrl(functionName), bytes },
  })
  let settle: ((message: { readonly answer?: Hdf5Answer } | Error) => void) | undefined
  worker.on('message', (message: { readonly answer?: Hdf5Answer }) => settle?.(message))
  worker.on('error', (error) => settle?.(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => settle?.(new Error('the thread ended')))
  const next = (longest: number): Promise<Hdf5Answer | undefined> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle?.(new Error(`no answer within ${Math.round(longest / 1000)} seconds`))
      }, longest)
      settle = (message) => {
        clearTimeout(timer)
        settle = undefined
        if (!(message instanceof Error)) {
          resolve(message.answer)
          return
        }
        void worker.terminate()
        reject(message)
      }
    })
  const longest = longestAnswer(bytes.length)
  await next(LONGEST_START)
  await next(longest)
  return {
    ask(question) {
      const answer = next(longest)
      worker.postMessage(question)
      return answer as Promise<Hdf5Answer>
    },
    close: () => void worker.terminate(),
  }
}

/** Where h5wasm lies: a thread made of a text does not find packages by their names. */
function libraryUrl(functionName: string): string {
  const modules = builtinModule<typeof nodeModules>('node:module')!
  const files = builtinModule<typeof fs>('node:fs')!
  const paths = builtinModule<typeof path>('node:path')!
  const file = (modules.createRequire(packageUrl).resolve.paths('h5wasm') ?? [])
    .map((folder) => paths.join(folder, 'h5wasm/dist/esm/hdf5_hl.js'))
    .find((candidate) => files.existsSync(candidate))
  if (file === undefined) throw notInstalled(functionName)
  return builtinModule<typeof url>('node:url')!.pathToFileURL(file).href
}

function notInstalled(functionName: string, cause?: unknown): KdError {
  return new KdError(`${functionName}: HDF5 files need the package h5wasm, got none that loads`, {
    hint: 'run npm install h5wasm',
    cause,
  })
}

function damaged(functionName: string, cause: unknown): KdError {
  if (KdError.isInstance(cause)) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KdError(`${functionName}: file must be whole HDF5, got: ${reason.slice(0, 200)}`, {
    hint: 'the file is truncated, damaged or of another format: save it again',
    cause,
  })
}
