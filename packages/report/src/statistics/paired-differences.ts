/**
 * Differences of paired results, value − baseline, where those that are equal but for rounding are equal: 0.9 − 0.8 and
 * 0.4 − 0.3 differ in their last bits, and a test on ranks would take one for the larger.
 *
 * @param values - one per pair
 * @param baseline - of the same pairs, in the same order
 * @returns differences, on a grid of 2⁻⁴⁰ of the largest number given
 * @throws RangeError for lists of different lengths, an empty one, or a number that is not finite
 *
 * @example
 * ```ts
 * import { pairedDifferences } from '@kd/report'
 *
 * const [one, other] = pairedDifferences([0.9, 0.4], [0.8, 0.3])
 * console.log(0.9 - 0.8 === 0.4 - 0.3, one === other) // false true
 * ```
 */
export function pairedDifferences(values: readonly number[], baseline: readonly number[]): number[] {
  if (values.length !== baseline.length || values.length === 0) {
    throw new RangeError(
      `pairedDifferences: values and baseline must be pairs, got ${values.length} and ${baseline.length}`,
    )
  }
  const wrong = [...values, ...baseline].find((value) => !Number.isFinite(value))
  if (wrong !== undefined) throw new RangeError(`pairedDifferences: numbers must be finite, got ${wrong}`)
  const largest = [...values, ...baseline].reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const grid = largest * 2 ** -40
  return values.map((value, index) => {
    const difference = value - baseline[index]!
    return grid === 0 ? difference : Math.round(difference / grid) * grid
  })
}
