import { InvalidArgumentError, ShapeError } from '@kd/core'
import { encodeFloat16 } from './half-precision.js'
import { storages, type SafetensorsData, type SafetensorsTensor } from './safetensors-tensor.js'

/**
 * Writes tensors as the bytes of a safetensors file.
 *
 * The same tensors give the same bytes whatever their order: they are laid out by falling size of their numbers and then
 * by name, and the header is padded with spaces so that every tensor is aligned, as the format's own library does it. Values
 * of an F16 tensor, a Float32Array as it is read, are rounded to the nearest, to even.
 *
 * @param tensors - by name
 * @param metadata - texts to keep in the header
 * @returns the whole file
 * @throws {@link ShapeError} when a shape does not fit its values
 * @throws {@link InvalidArgumentError} when a tensor is called `__metadata__`, its array is not that of its dtype, its
 * dtype is BF16, which is only read, or a finite number is too large for F16
 *
 * @example
 * ```ts
 * import { writeSafetensors } from '@kd/models'
 *
 * const bias = { dtype: 'F32', shape: [2], data: new Float32Array([1, 2]) } as const
 * console.log(writeSafetensors(new Map([['bias', bias]]), { source: 'example' }).length % 8) // 0
 * ```
 *
 * @see https://github.com/huggingface/safetensors, section "Format"
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = [...tensors]
    .map(([name, tensor]) => ({
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      data: storedData(name, tensor),
    }))
    .sort((left, right) => {
      const falling = right.data.BYTES_PER_ELEMENT - left.data.BYTES_PER_ELEMENT
      return falling || (left.name < right.name ? -1 : 1)
    })
  const header: [string, unknown][] = metadata === undefined ? [] : [['__metadata__', metadata]]
  let end = 0
  for (const { name, dtype, shape, data } of entries) {
    const begin = end
    end += data.byteLength
    header.push([name, { dtype, shape, data_offsets: [begin, end] }])
  }
  // fromEntries, unlike assignment, makes a plain entry of the name __proto__ too.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const headerLength = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  bytes.fill(0x20, 8, 8 + headerLength)
  bytes.set(json, 8)
  let position = 8 + headerLength
  for (const { data } of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position)
    position += data.byteLength
  }
  return bytes
}

/** Returns the values as they are stored in the file. */
function storedData(name: string, tensor: SafetensorsTensor): SafetensorsData {
  assertWritable(name, tensor)
  if (tensor.dtype !== 'F16') return tensor.data
  const values = tensor.data as Float32Array
  const halves = encodeFloat16(values)
  const index = halves.findIndex((half, at) => (half & 0x7fff) === 0x7c00 && Number.isFinite(values[at]))
  if (index === -1) return halves
  throw new InvalidArgumentError(
    `writeSafetensors: '${name}' must hold numbers of at most 65504 as F16, got ${values[index]}`,
    { hint: "write it as 'F32'" },
  )
}

function assertWritable(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  if (name === '__metadata__')
    throw new InvalidArgumentError("writeSafetensors: no tensor may be called '__metadata__', got one")
  const values = shape.reduce((product, size) => product * size, 1)
  if (values !== data.length || shape.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError(
      `writeSafetensors: shape of '${name}' must hold its ${data.length} values, got [${shape.join(', ')}]`,
    )
  }
  const storage = storages.get(dtype)
  const fits = storage?.decode(new ArrayBuffer(0)).constructor === data.constructor
  if (fits && dtype !== 'BF16') return
  throw new InvalidArgumentError(
    `writeSafetensors: dtype of '${name}' must fit its values, got ${dtype} for a ${data.constructor.name}`,
    dtype === 'BF16' ? { hint: "write it as 'F32'" } : {},
  )
}
