import { KdError } from '@kd/core'

/** The part of h5wasm that is used. Its own types exist only where it is installed. */
interface Hdf5Library {
  readonly ready: Promise<unknown>
  readonly FS: Pick<FileSystem, 'writeFile' | 'unlink'> | null
  readonly File: new (path: string, mode: 'r') => OpenFile
}

interface FileSystem {
  writeFile(path: string, bytes: Uint8Array): void
  unlink(path: string): void
}

interface OpenFile extends Hdf5Group {
  /** Not above zero where the file could not be opened. */
  readonly file_id: bigint
  close(): unknown
}

interface Hdf5Group {
  get(path: string): unknown
  readonly attrs: Readonly<Record<string, { readonly value: unknown } | undefined>>
}

interface Hdf5Dataset {
  readonly metadata: {
    readonly type: number
    readonly size: number
    readonly shape: readonly number[] | null
    readonly virtual_sources?: readonly unknown[]
  }
  readonly value: unknown
}

/** The class of floating-point types in HDF5. */
const FLOAT = 1
let opened = 0

/** An HDF5 file in memory, of which only what is asked for is decoded. */
export class Hdf5File {
  readonly #file: OpenFile
  readonly #remove: () => void
  readonly #functionName: string

  private constructor(file: OpenFile, remove: () => void, functionName: string) {
    this.#file = file
    this.#remove = remove
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
    const { FS, File } = await loadHdf5(functionName)
    // A file system in memory: nothing in the file leads to files of this machine.
    const path = `kd-${opened++}.h5`
    FS!.writeFile(path, bytes)
    const remove = (): void => FS!.unlink(path)
    try {
      const file = new File(path, 'r')
      if (file.file_id <= 0n) throw new RangeError('it cannot be opened')
      return new Hdf5File(file, remove, functionName)
    } catch (cause) {
      remove()
      throw damaged(functionName, cause)
    }
  }

  /** Tells whether there is an array at a path. */
  has(path: string): boolean {
    // h5wasm says of what a damaged file does not hold that it is a group.
    const found = this.#guarded(() => this.#file.get(path) as object | null)
    return found !== null && 'metadata' in found
  }

  /**
   * Reads an array. Its bytes are decoded only after its shape was compared with that which is wanted.
   *
   * @param path - of the array
   * @param wanted - its shape
   * @throws {@link KdError} when it is not there, or of another shape or type
   */
  read(path: string, wanted: readonly number[]): Float32Array {
    const found = this.#guarded(() => {
      const entity = this.#file.get(path) as Hdf5Dataset | null
      return entity !== null && 'metadata' in entity ? { entity, ...entity.metadata } : undefined
    })
    const shape = found?.shape ?? []
    const isFloat = found?.type === FLOAT && (found.size === 4 || found.size === 8)
    const fits = shape.length === wanted.length && shape.every((size, axis) => size === wanted[axis])
    if (found === undefined || !isFloat || !fits || (found.virtual_sources?.length ?? 0) > 0) {
      const got = found === undefined ? 'none' : `${isFloat ? 'float' : 'another type'} [${shape.join(', ')}]`
      throw new KdError(
        `${this.#functionName}: weight ${path.slice(0, 200)} must be float [${wanted.join(', ')}], got ${got.slice(0, 200)}`,
      )
    }
    const value = this.#guarded(() => found.entity.value)
    // HDF5 gives a scalar as a number.
    return typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value as Float32Array)
  }

  /** Returns the texts of an attribute, none where there is no such group or attribute. */
  texts(path: string, attribute: string): readonly string[] {
    const found = this.#guarded(() => {
      const group = path === '' ? this.#file : (this.#file.get(path) as Hdf5Group | null)
      return group?.attrs[attribute]?.value
    })
    const list = Array.isArray(found) ? (found as unknown[]) : [found]
    return list.filter((text) => typeof text === 'string')
  }

  /** Frees the memory. */
  close(): void {
    try {
      this.#guarded(() => this.#file.close())
    } finally {
      this.#remove()
    }
  }

  #guarded<Result>(read: () => Result): Result {
    try {
      return read()
    } catch (cause) {
      throw damaged(this.#functionName, cause)
    }
  }
}

async function loadHdf5(functionName: string): Promise<Hdf5Library> {
  try {
    const library = (await import('h5wasm')) as unknown as Hdf5Library
    await library.ready
    return library
  } catch (cause) {
    throw new KdError(`${functionName}: HDF5 files need the package h5wasm, got none that loads`, {
      hint: 'run npm install h5wasm',
      cause,
    })
  }
}

function damaged(functionName: string, cause: unknown): KdError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KdError(`${functionName}: file must be whole HDF5, got: ${reason.slice(0, 200)}`, {
    hint: 'the file is truncated, damaged or of another format: save it again',
    cause,
  })
}
