import { KdError } from '@kd/core'
import { assertNoPickle } from '../files/assert-no-pickle.js'
import { parseHeader, type Header, type HeaderEntry } from './parse-header.js'
import { storages, type SafetensorsTensor } from './safetensors-tensor.js'

/** The longest header that the format allows, in bytes. */
const largestHeader = 100_000_000

/**
 * Reads the tensors of a safetensors file from its bytes.
 *
 * The file is not trusted: lengths, names, types, shapes and offsets are checked before anything is made from them, and
 * the tensors must cover the bytes exactly, without overlap or hole, as the format demands. No value is checked: NaN is
 * allowed. Texts under `__metadata__` are checked; {@link readSafetensorsMetadata} gives them.
 *
 * @param bytes - the whole file
 * @returns tensors by name, in the order of the file; they share no memory with `bytes`
 * @throws {@link KdError} when the bytes are no valid safetensors file, or hold a number type that is not in
 * {@link SafetensorsDtype}
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@kd/models'
 *
 * const bytes = writeSafetensors(new Map([['bias', { dtype: 'F32', shape: [2], data: new Float32Array([1, 2]) }]]))
 * console.log(readSafetensors(bytes).get('bias')?.shape) // [2]
 * ```
 *
 * @see https://github.com/huggingface/safetensors, section "Format"
 */
export function readSafetensors(bytes: Uint8Array): Map<string, SafetensorsTensor> {
  const { header, start } = readHeader(bytes)
  const { entries } = header
  assertCovered(entries, bytes.length - start)
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => {
      // A copy of its own, since a view would have to start at a multiple of the number's size.
      const { buffer } = new Uint8Array(bytes.subarray(start + begin, start + end))
      return [name, { dtype, shape, data: storages.get(dtype)!.decode(buffer) }]
    }),
  )
}

/**
 * Reads the texts under `__metadata__` of a safetensors file, checking its header as {@link readSafetensors} does.
 *
 * @param bytes - the whole file, or as much of it as holds the header
 * @returns texts by name, none where the file has no metadata
 * @throws {@link KdError} when the bytes do not begin with a valid header
 *
 * @example
 * ```ts
 * import { readSafetensorsMetadata, writeSafetensors } from '@kd/models'
 *
 * const bytes = writeSafetensors(new Map(), { source: 'example' })
 * console.log(readSafetensorsMetadata(bytes).get('source')) // example
 * ```
 */
export function readSafetensorsMetadata(bytes: Uint8Array): ReadonlyMap<string, string> {
  return readHeader(bytes).header.metadata
}

function readHeader(bytes: Uint8Array): { header: Header; start: number } {
  assertNoPickle(bytes, 'readSafetensors')
  const start = 8 + readHeaderLength(bytes)
  if (bytes[8] !== 0x7b) throw new KdError("readSafetensors: header must start with '{', got another byte")
  return { header: parseHeader(bytes.subarray(8, start)), start }
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < 8) throw new KdError(`readSafetensors: bytes must hold at least 8, got ${bytes.length}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > BigInt(largestHeader)) {
    throw new KdError(`readSafetensors: header must be at most ${largestHeader} bytes, got ${length}`, {
      hint: 'is this a safetensors file?',
    })
  }
  if (length > BigInt(bytes.length - 8)) {
    throw new KdError(
      `readSafetensors: header of ${length} bytes must fit the file, got ${bytes.length} bytes in all`,
      { hint: 'the file may be cut off' },
    )
  }
  return Number(length)
}

function assertCovered(entries: readonly HeaderEntry[], dataLength: number): void {
  let covered = 0
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      throw new KdError(
        `readSafetensors: tensors must follow each other without overlap or hole, got '${name.slice(0, 100)}' from byte ${begin} after byte ${covered}`,
      )
    }
    covered = end
  }
  if (covered === dataLength) return
  throw new KdError(
    `readSafetensors: tensors must cover the data exactly, got ${covered} bytes described and ${dataLength} there`,
    { hint: covered > dataLength ? 'the file may be cut off' : 'the file may be damaged' },
  )
}
