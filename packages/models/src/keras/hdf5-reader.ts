/** The part of h5wasm that is used. Its own types exist only where it is installed. */
export interface Hdf5Library {
  readonly ready: Promise<unknown>
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void; unlink(path: string): void } | null
  readonly File: new (path: string, mode: 'r') => Hdf5Group & { readonly file_id: bigint }
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

/** What can be asked about a file. */
export type Hdf5Question =
  | { readonly kind: 'has'; readonly path: string }
  | { readonly kind: 'texts'; readonly path: string; readonly attribute: string }
  | { readonly kind: 'read'; readonly path: string; readonly wanted: readonly number[] }

/** What is said of an array: its numbers, or what it is instead of what was wanted. */
export type Hdf5Numbers = { readonly data: Float32Array } | { readonly found: string }

/** Answers: whether there is an array, the texts of an attribute, or an array. */
export type Hdf5Answer = boolean | readonly string[] | Hdf5Numbers

/**
 * Opens an HDF5 file. The function must hold all that it needs: its source is run in a thread of its own.
 *
 * @param library - h5wasm, ready
 * @param bytes - of the file
 * @param name - of the file in the library's own file system
 * @returns a function that answers questions about it
 */
export function hdf5Reader(
  library: Hdf5Library,
  bytes: Uint8Array,
  name: string,
): (question: Hdf5Question) => Hdf5Answer {
  // A file system in memory: nothing in the file leads to files of this machine.
  library.FS!.writeFile(name, bytes)
  const file = new library.File(name, 'r')
  // 0 or less where it could not be opened; all that is asked of it then is answered by nonsense.
  if (file.file_id <= 0) throw new RangeError('it cannot be opened')
  const arrayAt = (place: string): Hdf5Dataset | undefined => {
    // h5wasm says of what a damaged file does not hold that it is a group.
    const found = file.get(place) as object | null
    return found !== null && 'metadata' in found ? (found as Hdf5Dataset) : undefined
  }
  return (question) => {
    if (question.kind === 'has') return arrayAt(question.path) !== undefined
    if (question.kind === 'texts') {
      const group = question.path === '' ? file : (file.get(question.path) as Hdf5Group | null)
      const value = group?.attrs[question.attribute]?.value
      return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(
        (text) => typeof text === 'string',
      )
    }
    const array = arrayAt(question.path)
    if (array === undefined) return { found: 'none' }
    const { type, size, shape, virtual_sources: sources = [] } = array.metadata
    const sizes = shape ?? []
    // 1 is the class of floating-point types.
    const isFloat = type === 1 && (size === 4 || size === 8) && sources.length === 0
    const { wanted } = question
    const fits = sizes.length === wanted.length && sizes.every((length, axis) => length === wanted[axis])
    if (!isFloat || !fits) return { found: `${isFloat ? 'float' : 'another type'} [${sizes.join(', ')}]` }
    const { value } = array
    return {
      data: typeof value === 'number' ? Float32Array.of(value) : Float32Array.from(value as Float32Array),
    }
  }
}
