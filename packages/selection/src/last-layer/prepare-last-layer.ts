import { assertPositive, InvalidArgumentError } from '@kd/core'
import { tablesSource, type LastLayerSource } from '../examples/last-layer-examples.js'
import { lastLayerBlocks, type ForEachBlock } from './last-layer-blocks.js'
import { lastLayerHessian, type LastLayerHessian } from './last-layer-hessian.js'
import { addTransposedProduct } from './matrix-products.js'

/** The damping where none is given. */
export const DEFAULT_DAMPING = 0.01

/** Options of all functions that use the last layer's curvature. */
export interface CurvatureOptions {
  /**
   * What is added to the Hessian's diagonal, > 0. It is the weight decay of a layer that was trained with
   * loss + damping / 2 * |weights|^2.
   * @defaultValue 0.01
   */
  readonly damping?: number
  /**
   * The temperature of the loss where `teacherLogits` are given, > 0.
   * @defaultValue 4
   */
  readonly temperature?: number
}

/** What one pass over examples finds out about them. */
export interface ExamplesSummary {
  readonly count: number
  readonly classes: number
  /** D + 1, the inputs of the layer with the 1 of its bias. */
  readonly inputs: number
  /** [C] how many examples have each label. */
  readonly labelCounts: Int32Array
  /** [C, D + 1] the mean over examples of the gradient of the loss. */
  readonly meanGradient: Float64Array
}

/** The training examples, ready for solvers. */
export interface LastLayer {
  readonly forEachBlock: ForEachBlock
  readonly summary: ExamplesSummary
  readonly hessian: LastLayerHessian
}

/**
 * Checks arguments and examples and makes their Hessian.
 *
 * @param examples - the training examples
 * @param options - damping and temperature
 * @param functionName - the function that was called, for messages
 * @returns blocks, sizes and Hessian
 */
export async function prepareLastLayer(
  examples: LastLayerSource,
  { damping = DEFAULT_DAMPING, temperature = 4 }: CurvatureOptions,
  functionName: string,
): Promise<LastLayer> {
  assertDamping(damping, functionName)
  assertPositive(temperature, 'temperature', functionName)
  const source = await tablesSource(examples, '', functionName)
  const forEachBlock = lastLayerBlocks(source, temperature, functionName)
  const summary = await summarize(forEachBlock, functionName)
  const hessian = lastLayerHessian({ source, forEachBlock, temperature }, summary, damping)
  return { forEachBlock, summary, hessian }
}

/**
 * Goes over examples once.
 *
 * @param forEachBlock - the examples
 * @param functionName - the function that was called, for messages
 * @returns see {@link ExamplesSummary}
 */
export async function summarize(forEachBlock: ForEachBlock, functionName: string): Promise<ExamplesSummary> {
  let summary: ExamplesSummary | undefined
  let count = 0
  await forEachBlock(({ count: rows, inputs, residuals, labels }) => {
    summary ??= {
      count: 0,
      classes: residuals.columns,
      inputs: inputs.columns,
      labelCounts: new Int32Array(residuals.columns),
      meanGradient: new Float64Array(residuals.columns * inputs.columns),
    }
    for (const label of labels) summary.labelCounts[label]! += 1
    addTransposedProduct(residuals, inputs, summary.meanGradient)
    count += rows
  })
  if (summary === undefined)
    throw new InvalidArgumentError(`${functionName}: examples must be at least one, got none`)
  const meanGradient = summary.meanGradient.map((sum) => sum / count)
  return { ...summary, count, meanGradient }
}

function assertDamping(damping: number, functionName: string): void {
  if (Number.isFinite(damping) && damping > 0) return
  throw new InvalidArgumentError(`${functionName}: damping must be a finite number > 0, got ${damping}`, {
    hint: 'without damping the Hessian is singular: adding one vector to the weights of all classes changes no probability',
  })
}
