import type { LastLayerHessian } from '../last-layer/last-layer-hessian.js'
import { addTransposedProduct } from '../last-layer/matrix-products.js'
import { factorCholesky, solveCholesky } from './cholesky.js'
import type { HessianSolver } from './hessian-solver.js'

/**
 * Divides by a Kronecker product (K-FAC), which replaces the mean of products by the product of means:
 *
 *     H + damping I  ~  (A + a I) kron (G + g I),   A = mean_i (diag(p_i) - p_i p_i^T),   G = mean_i x_i x_i^T
 *
 * a and g are such that a g = damping, in the proportion of the mean diagonals of A and G. It takes one pass and two small factors, so
 * that each division is cheap. This makes it the solver for {@link selfInfluence} of large layers.
 *
 * @returns a solver named `kfac`
 *
 * @example
 * ```ts
 * import { kroneckerHessian } from '@kd/selection'
 *
 * console.log(kroneckerHessian().name) // kfac
 * ```
 *
 * @see Martens, Grosse: Optimizing Neural Networks with Kronecker-factored Approximate Curvature, ICML 2015, section 6.3
 * for the factored damping. The curvature in the logits is the exact one here; the paper samples labels.
 */
export function kroneckerHessian(): HessianSolver {
  return {
    name: 'kfac',
    async prepare(hessian) {
      const { classes, inputs, damping } = hessian
      const { ofLogits, ofInputs } = await factors(hessian)
      const share = Math.sqrt(meanDiagonal(ofInputs, inputs) / meanDiagonal(ofLogits, classes)) || 1
      addToDiagonal(ofLogits, classes, Math.sqrt(damping) / share)
      addToDiagonal(ofInputs, inputs, Math.sqrt(damping) * share)
      factorCholesky(ofLogits, classes)
      factorCholesky(ofInputs, inputs)
      return async (gradient) => {
        const rows = gradient.slice()
        for (let label = 0; label < classes; label++)
          solveCholesky(ofInputs, inputs, rows.subarray(label * inputs, (label + 1) * inputs))
        const columns = transpose(rows, classes, inputs)
        for (let k = 0; k < inputs; k++)
          solveCholesky(ofLogits, classes, columns.subarray(k * classes, (k + 1) * classes))
        return transpose(columns, inputs, classes)
      }
    },
  }
}

async function factors(
  hessian: LastLayerHessian,
): Promise<{ ofLogits: Float64Array; ofInputs: Float64Array }> {
  const { classes, inputs: width, count } = hessian
  const ofLogits = new Float64Array(classes * classes)
  const ofInputs = new Float64Array(width * width)
  const sums = new Float64Array(classes)
  await hessian.forEachBlock(({ inputs, probabilities }) => {
    addTransposedProduct(probabilities, probabilities, ofLogits)
    addTransposedProduct(inputs, inputs, ofInputs)
    for (let index = 0; index < probabilities.values.length; index++)
      sums[index % classes]! += probabilities.values[index]!
  })
  for (let index = 0; index < ofLogits.length; index++) ofLogits[index]! /= -count
  for (let label = 0; label < classes; label++) ofLogits[label * classes + label]! += sums[label]! / count
  return { ofLogits, ofInputs: ofInputs.map((sum) => sum / count) }
}

function meanDiagonal(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let index = 0; index < size; index++) sum += matrix[index * size + index]!
  return sum / size
}

function addToDiagonal(matrix: Float64Array, size: number, value: number): void {
  for (let index = 0; index < size; index++) matrix[index * size + index]! += value
}

function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = matrix[row * columns + column]!
  }
  return result
}
