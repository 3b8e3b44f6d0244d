import type { AnyDataset } from '@kd/core'
import { createHash } from 'node:crypto'

/**
 * What a teacher is asked about, as a hash. Labels are left out: whether they are right makes no difference to its answers, so
 * that the same answers serve runs with any label noise.
 *
 * @param examples - a split as it is stored, neither normalised nor augmented
 * @returns SHA-256 of ids and inputs, hexadecimal
 */
export function inputsHash({ ids, inputs }: AnyDataset['train']): string {
  const hash = createHash('sha256').update(`${ids.length} ${inputs.BYTES_PER_ELEMENT}`)
  for (const values of [ids, inputs]) {
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return hash.digest('hex')
}
