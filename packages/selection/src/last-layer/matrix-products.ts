/** A matrix whose numbers lie row by row. */
export interface Matrix {
  readonly values: Float64Array
  readonly rows: number
  readonly columns: number
}

/** How many rows are worked on together: so few that their sums stay in registers. */
export const ROWS_TOGETHER = 4

/**
 * Computes output = left right^T by plain loops in float64 over four rows by two columns. On the engine wasm a float32 product takes
 * longer (see the package's README), and float32 would lose the digits that the solvers need.
 *
 * @param left - [m, k], m a multiple of {@link ROWS_TOGETHER}
 * @param right - [n, k]
 * @param output - [m, n], is overwritten
 */
export function multiplyTransposed(left: Matrix, right: Matrix, output: Float64Array): void {
  const { values: a, rows, columns: depth } = left
  const { values: b, rows: width } = right
  for (let row = 0; row < rows; row += ROWS_TOGETHER) {
    const a0 = row * depth
    const a1 = a0 + depth
    const a2 = a1 + depth
    const a3 = a2 + depth
    for (let column = 0; column < width; column += 2) {
      const b0 = column * depth
      // Of an odd number of columns the last one is computed twice.
      const second = Math.min(column + 1, width - 1)
      const b1 = second * depth
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      let s20 = 0
      let s21 = 0
      let s30 = 0
      let s31 = 0
      for (let k = 0; k < depth; k++) {
        const x0 = a[a0 + k]!
        const x1 = a[a1 + k]!
        const x2 = a[a2 + k]!
        const x3 = a[a3 + k]!
        const y0 = b[b0 + k]!
        const y1 = b[b1 + k]!
        s00 += x0 * y0
        s01 += x0 * y1
        s10 += x1 * y0
        s11 += x1 * y1
        s20 += x2 * y0
        s21 += x2 * y1
        s30 += x3 * y0
        s31 += x3 * y1
      }
      const to = row * width
      output[to + column] = s00
      output[to + second] = s01
      output[to + width + column] = s10
      output[to + width + second] = s11
      output[to + 2 * width + column] = s20
      output[to + 2 * width + second] = s21
      output[to + 3 * width + column] = s30
      output[to + 3 * width + second] = s31
    }
  }
}

/**
 * Computes output += left^T right.
 *
 * @param left - [m, n], m a multiple of {@link ROWS_TOGETHER}
 * @param right - [m, k]
 * @param output - [n, k], is added to
 */
export function addTransposedProduct(left: Matrix, right: Matrix, output: Float64Array): void {
  const { values: a, rows, columns: height } = left
  const { values: b, columns: width } = right
  for (let row = 0; row < rows; row += ROWS_TOGETHER) {
    const b0 = row * width
    const b1 = b0 + width
    const b2 = b1 + width
    const b3 = b2 + width
    // Two columns at once read the rows of `right` half as often; of an odd number the last one stands alone.
    let column = 0
    for (; column + 1 < height; column += 2) {
      const from = row * height + column
      const x0 = a[from]!
      const x1 = a[from + height]!
      const x2 = a[from + 2 * height]!
      const x3 = a[from + 3 * height]!
      const y0 = a[from + 1]!
      const y1 = a[from + height + 1]!
      const y2 = a[from + 2 * height + 1]!
      const y3 = a[from + 3 * height + 1]!
      const to = column * width
      const next = to + width
      for (let k = 0; k < width; k++) {
        const z0 = b[b0 + k]!
        const z1 = b[b1 + k]!
        const z2 = b[b2 + k]!
        const z3 = b[b3 + k]!
        output[to + k]! += x0 * z0 + x1 * z1 + x2 * z2 + x3 * z3
        output[next + k]! += y0 * z0 + y1 * z1 + y2 * z2 + y3 * z3
      }
    }
    if (column < height) {
      const from = row * height + column
      for (let k = 0; k < width; k++) {
        output[column * width + k]! +=
          a[from]! * b[b0 + k]! +
          a[from + height]! * b[b1 + k]! +
          a[from + 2 * height]! * b[b2 + k]! +
          a[from + 3 * height]! * b[b3 + k]!
      }
    }
  }
}

/** Computes sum_i left_i right_i of two vectors. */
export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0
  for (let index = 0; index < left.length; index++) sum += left[index]! * right[index]!
  return sum
}
