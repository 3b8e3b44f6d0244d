/** Whether all numbers are finite. */
export function isFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false
  return true
}

/** The figure that says how many examples got a logit that is not finite. A split without any has no such figure. */
export function countOfNonFinite(count: number): { readonly nonFinite?: number } {
  return count === 0 ? {} : { nonFinite: count }
}
