/**
 * Computes differences of paired results, value − baseline, and makes those equal that differ by rounding only: 0.9 − 0.8 and
 * 0.4 − 0.3 differ in their last bits, and a test on ranks would take one for the larger.
 *
 * @param values - one per pair
 * @param baseline - the baseline's numbers of the same pairs, in the same order
 * @returns differences; sizes less than 2⁻⁴⁰ of the largest number given apart are one size, the least of them
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
  const largest = [...values, ...baseline].reduce((maximum, value) => Math.max(maximum, Math.abs(value)), 0)
  const tolerance = largest * 2 ** -40
  const differences = values.map((value, index) => value - baseline[index]!)
  // In order of size, each difference takes the size of the one before it where rounding explains the gap. A fixed grid would
  // separate equal ones that happen to lie on both sides of a boundary.
  let size = 0
  for (const index of [...differences.keys()].sort(
    (a, b) => Math.abs(differences[a]!) - Math.abs(differences[b]!),
  )) {
    const difference = differences[index]!
    if (Math.abs(difference) - size > tolerance) size = Math.abs(difference)
    differences[index] = Math.sign(difference) * size
  }
  return differences
}
