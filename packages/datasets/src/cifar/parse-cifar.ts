import { KdError, type Examples } from '@kd/core'

const planeSize = 32 * 32
const imageSize = 3 * planeSize

/** One file of CIFAR's binary version. */
export interface CifarFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Reads files of CIFAR-10's or CIFAR-100's binary version, in the order given. A record is one label byte (CIFAR-100:
 * a coarse one, which is skipped, and the fine one) and 3,072 pixel bytes, the red plane first; planes become channels.
 *
 * @param files - the files of one split
 * @param variant - which of the two sets
 * @returns byte images [N, 32, 32, 3] with ids 0 ... N - 1 in the order of the files
 * @throws {@link KdError} when a file is not a whole number of records or a label is out of range
 *
 * @example
 * ```ts
 * import { parseCifar } from '@kd/datasets'
 *
 * const record = new Uint8Array(3073).fill(255)
 * record[0] = 3
 * console.log(parseCifar([{ name: 'test_batch.bin', bytes: record }], 'cifar10').labels) // Int32Array [3]
 * ```
 *
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function parseCifar(files: readonly CifarFile[], variant: 'cifar10' | 'cifar100'): Examples {
  const header = variant === 'cifar10' ? 1 : 2
  const classes = variant === 'cifar10' ? 10 : 100
  const recordSize = header + imageSize
  for (const { name, bytes } of files) {
    if (bytes.length > 0 && bytes.length % recordSize === 0) continue
    throw new KdError(
      `parseCifar: ${name} must be a whole number of records of ${recordSize} bytes, got ${bytes.length} bytes`,
      { hint: `the file is truncated, or not of ${variant}'s binary version: fetch it again` },
    )
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / recordSize, 0)
  const inputs = new Uint8Array(count * imageSize)
  const labels = new Int32Array(count)
  let row = 0
  for (const { name, bytes } of files) {
    for (let record = 0; record < bytes.length; record += recordSize, row++) {
      const label = bytes[record + header - 1]!
      if (label >= classes) {
        throw new KdError(
          `parseCifar: ${name} must have labels in [0, ${classes}), got ${label} in record ${record / recordSize}`,
          { hint: `the file is damaged, or not of ${variant}'s binary version: fetch it again` },
        )
      }
      labels[row] = label
      interleave(bytes, record + header, inputs, row * imageSize)
    }
  }
  return { inputs, labels, ids: Int32Array.from(labels.keys()) }
}

/** Copies three planes to pixels of three channels. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let pixel = 0; pixel < planeSize; pixel++) {
    const target = to + 3 * pixel
    pixels[target] = planes[from + pixel]!
    pixels[target + 1] = planes[from + planeSize + pixel]!
    pixels[target + 2] = planes[from + 2 * planeSize + pixel]!
  }
}
