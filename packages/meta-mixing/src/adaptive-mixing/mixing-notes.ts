import type { MethodNotes } from '@kd/core'
import { weightName } from '../terms/mixing-terms.js'

/**
 * Puts an update of mixing weights into figures for the log: `meanChange`, the mean distance by which a weight moved; `heldOutNoise`;
 * and the mean weight of each term over the training split, as `meanLabelWeight`, `meanTeacher0Weight`, ...
 *
 * @param terms - names of the K columns
 * @param tables - weights [N, K] before and after
 * @param heldOutNoise - part of the held-out gradient's squared length that is chance, in [0, 1], over the whole validation split
 * @returns the figures, with a warning when the held-out gradient is mostly chance
 */
export function mixingNotes(
  terms: readonly string[],
  tables: { readonly before: Float32Array; readonly after: Float32Array },
  heldOutNoise: number,
): MethodNotes {
  const { before, after } = tables
  const sums = new Float64Array(terms.length)
  let change = 0
  after.forEach((weight, index) => {
    sums[index % terms.length]! += weight
    change += Math.abs(weight - before[index]!)
  })
  const examples = after.length / terms.length
  const means = terms.map((term, column) => [meanName(weightName(term)), sums[column]! / examples] as const)
  return {
    figures: { ...Object.fromEntries(means), meanChange: change / after.length, heldOutNoise },
    ...(heldOutNoise > 0.5 && {
      warning: `adaptiveMixing: ${Math.round(100 * heldOutNoise)} % of the validation gradient is chance; hold out more examples`,
    }),
  }
}

/** `meanLabelWeight` of `labelWeight`. */
function meanName(name: string): string {
  return `mean${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
