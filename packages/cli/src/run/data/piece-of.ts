import type { Examples } from '@kd/core'

/**
 * Some examples of a split, which share its memory.
 *
 * @param examples - the split
 * @param from - first row
 * @param to - behind the last row
 * @returns rows `from` to `to` without their labels before noise
 */
export function pieceOf({ inputs, labels, ids }: Examples, from: number, to: number): Examples {
  const size = inputs.length / labels.length
  return {
    inputs: inputs.subarray(from * size, to * size),
    labels: labels.subarray(from, to),
    ids: ids.subarray(from, to),
  }
}
