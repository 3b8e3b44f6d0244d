/** What {@link numbers} gives every time. */
export const shared: Float64Array = new Float64Array(64)

/**
 * Packs the numbers of one addon call. The array is reused: a call that waits takes a copy (call-queue.ts).
 *
 * @param values - sizes, strides and factors; booleans as 0 and 1
 * @returns the packed array
 */
export function numbers(...values: (number | boolean)[]): Float64Array {
  for (let index = 0; index < values.length; index++) shared[index] = Number(values[index])
  return shared
}
