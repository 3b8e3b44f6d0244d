import type { TablesSource } from '../examples/last-layer-examples.js'
import { engineProduct } from './engine-product.js'
import type { ForEachBlock, LastLayerBlock } from './last-layer-blocks.js'
import { addTransposedProduct, multiplyTransposed } from './matrix-products.js'

/**
 * The Hessian of the mean loss in the weights and bias of the last layer, [C, D + 1] row by row:
 *
 *     H = (1/N) sum_i (diag(p_i) - p_i p_i^T) kron x_i x_i^T,   x_i = [features_i, 1]
 *
 * It is exact, and equal to the Gauss-Newton matrix, because the logits are linear in these weights. The matrix is never
 * made: solvers get products with it, and the examples that it consists of.
 */
export interface LastLayerHessian {
  /** N, the number of examples. */
  readonly count: number
  /** C, the number of classes. */
  readonly classes: number
  /** D + 1, the inputs of the layer with the 1 of its bias. */
  readonly inputs: number
  /** What is added to its diagonal, > 0. */
  readonly damping: number
  /** (H + damping I) direction, for a direction [C, D + 1]. */
  product(direction: Float64Array): Promise<Float64Array>
  /** The same product, by float32 arithmetic on the engine; its relative error is about 10^-6. */
  engineProduct(direction: Float64Array): Promise<Float64Array>
  /** Goes over the examples, block by block. */
  readonly forEachBlock: ForEachBlock
}

/** Adds sum_i (diag(p_i) - p_i p_i^T) direction x_i x_i^T over a block to `output`; `scores` gives it room for [rows, C] numbers. */
export function addBlockProduct(
  { inputs, probabilities }: LastLayerBlock,
  direction: Float64Array,
  scores: Float64Array,
  output: Float64Array,
): void {
  const { rows, columns: classes } = probabilities
  multiplyTransposed(inputs, { values: direction, rows: classes, columns: inputs.columns }, scores)
  for (let start = 0; start < rows * classes; start += classes) {
    let mean = 0
    for (let j = start; j < start + classes; j++) mean += probabilities.values[j]! * scores[j]!
    for (let j = start; j < start + classes; j++) scores[j] = probabilities.values[j]! * (scores[j]! - mean)
  }
  addTransposedProduct({ values: scores, rows, columns: classes }, inputs, output)
}

/** What the Hessian is made of. */
export interface HessianExamples {
  /** Gives the examples as they were read. */
  readonly source: TablesSource
  /** Goes over them block by block. */
  readonly forEachBlock: ForEachBlock
  /** Softens the loss against teacher logits. */
  readonly temperature: number
}

/**
 * Makes the Hessian of some examples.
 *
 * @param examples - the examples
 * @param size - how many there are, their classes and inputs
 * @param damping - is added to the diagonal
 * @returns the Hessian
 */
export function lastLayerHessian(
  { source, forEachBlock, temperature }: HessianExamples,
  size: { readonly count: number; readonly classes: number; readonly inputs: number },
  damping: number,
): LastLayerHessian {
  const addDamping = (sums: Float64Array, direction: Float64Array): Float64Array =>
    sums.map((sum, index) => sum / size.count + damping * direction[index]!)
  return {
    ...size,
    damping,
    forEachBlock,
    async product(direction) {
      const sums = new Float64Array(direction.length)
      let scores = new Float64Array(0)
      await forEachBlock((block) => {
        const { length } = block.probabilities.values
        if (scores.length < length) scores = new Float64Array(length)
        addBlockProduct(block, direction, scores, sums)
      })
      return addDamping(sums, direction)
    },
    async engineProduct(direction) {
      return addDamping(await engineProduct(source, direction, temperature), direction)
    },
  }
}
