import type { RandomSource } from '../../packages/core/src/index.js'
import { mutateJson, mutateText } from './mutate.js'

/** A safetensors file whose header was made from changed values, with a length that fits it. */
export function changedHeader(random: RandomSource, file: Uint8Array): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const text = new TextDecoder().decode(file.subarray(8, 8 + length))
  const changed = random.integer(2) === 0 ? mutateText(random, text) : mutateJson(random, text)
  const header = new TextEncoder().encode(changed)
  const start = new Uint8Array(8)
  new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true)
  return Uint8Array.from([...start, ...header, ...file.subarray(8 + length)])
}
