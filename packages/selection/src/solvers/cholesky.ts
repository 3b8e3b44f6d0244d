import { KdError } from '@kd/core'

/**
 * Factors a symmetric positive definite matrix in place: its lower triangle becomes L with matrix = L L^T, the numbers above stay.
 *
 * @param matrix - [size, size] row by row; only its lower triangle is read
 * @param size - of its sides
 * @throws {@link KdError} when it is not positive definite in float64
 */
export function factorCholesky(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row++) {
    const at = row * size
    for (let column = 0; column <= row; column++) {
      const other = column * size
      let sum = matrix[at + column]!
      for (let k = 0; k < column; k++) sum -= matrix[at + k]! * matrix[other + k]!
      if (column < row) {
        matrix[at + column] = sum / matrix[other + column]!
        continue
      }
      if (!(sum > 0)) {
        throw new KdError(
          `factorCholesky: matrix must be positive definite, got pivot ${sum} in row ${row}`,
          {
            hint: 'raise damping: rounding hides what is smaller than 1e-15 of the largest curvature',
          },
        )
      }
      matrix[at + row] = Math.sqrt(sum)
    }
  }
}

/**
 * Solves L L^T x = b in place.
 *
 * @param factor - from {@link factorCholesky}
 * @param size - of its sides
 * @param vector - holds b before the call and x after it; it may be a `subarray` of an array
 */
export function solveCholesky(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let row = 0; row < size; row++) {
    let sum = vector[row]!
    for (let k = 0; k < row; k++) sum -= factor[row * size + k]! * vector[k]!
    vector[row] = sum / factor[row * size + row]!
  }
  // This goes column by column, so that the factor is read along its rows.
  for (let row = size - 1; row >= 0; row--) {
    const value = (vector[row]! /= factor[row * size + row]!)
    for (let k = 0; k < row; k++) vector[k]! -= factor[row * size + k]! * value
  }
}
