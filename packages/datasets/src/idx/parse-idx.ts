import { KdError } from '@kd/core'

/** An array of bytes and its shape, as IDX files hold it. */
export interface IdxArray {
  readonly shape: readonly number[]
  /** The values row by row, as a view of the bytes given. */
  readonly values: Uint8Array
}

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST: two zero bytes, the type 0x08, the number of axes, the size
 * of each axis as a big-endian 32-bit integer, and the values.
 *
 * @param bytes - the file, not compressed
 * @param fileName - its name, for messages
 * @returns shape and values
 * @throws {@link KdError} when the magic number is wrong or the length is not what the header says
 *
 * @example
 * ```ts
 * import { parseIdx } from '@kd/datasets'
 *
 * const bytes = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9])
 * console.log(parseIdx(bytes, 'labels').shape) // [3]
 * ```
 *
 * @see http://yann.lecun.com/exdb/mnist/, "The IDX file format"
 */
export function parseIdx(bytes: Uint8Array, fileName: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = [...bytes.subarray(0, 4)]
  const axes = magic[3] ?? 0
  if (magic[0] !== 0 || magic[1] !== 0 || magic[2] !== 8 || axes === 0) {
    throw new KdError(
      `parseIdx: ${fileName} must start with the bytes 0 0 8 and a number of axes, got ${magic.join(' ')}`,
      { hint: 'it is no IDX file of unsigned bytes: fetch it again, and unpack it if it is compressed' },
    )
  }
  const start = 4 + 4 * axes
  const truncated = (wanted: string): KdError =>
    new KdError(`parseIdx: ${fileName} must have ${wanted}, got ${bytes.length}`, {
      hint: 'the file is truncated or damaged: fetch it again',
    })
  if (bytes.length < start) throw truncated(`a header of ${start} bytes`)
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis))
  const size = shape.reduce((product, length) => product * length, 1)
  if (bytes.length !== start + size)
    throw truncated(`${start + size} bytes for the shape [${shape.join(', ')}]`)
  return { shape, values: bytes.subarray(start) }
}

/** Returns how long an IDX file is by its header, so that no more of it is unpacked; undefined while the header is not whole. */
export function idxLength(start: Uint8Array): number | undefined {
  const axes = start[3] ?? 0
  const header = 4 + 4 * axes
  if (start.length < header) return undefined
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  let size = 1
  for (let axis = 0; axis < axes; axis++) size *= view.getUint32(4 + 4 * axis)
  // A file of another format has no length here; parseIdx says so when it sees the first bytes.
  return start[0] === 0 && start[1] === 0 && start[2] === 8 ? header + size : header
}
