import { InvalidArgumentError } from '@kd/core'
import {
  tablesSource,
  type LastLayerExamples,
  type LastLayerSource,
} from '../examples/last-layer-examples.js'
import { lastLayerBlocks, type ForEachBlock } from '../last-layer/last-layer-blocks.js'
import { multiplyTransposed } from '../last-layer/matrix-products.js'
import {
  prepareLastLayer,
  summarize,
  type CurvatureOptions,
  type ExamplesSummary,
} from '../last-layer/prepare-last-layer.js'
import { conjugateGradient } from '../solvers/conjugate-gradient.js'
import type { HessianSolver } from '../solvers/hessian-solver.js'

/** How influence is computed, see {@link lastLayerInfluence}. */
export interface LastLayerInfluenceSettings extends CurvatureOptions {
  /** The held-out examples. Their loss is the cross-entropy to the label; their `teacherLogits` are not read. */
  readonly validation: LastLayerExamples
  /**
   * Divides by the Hessian.
   * @defaultValue conjugateGradient()
   */
  readonly solver?: HessianSolver
  /**
   * Whether a class of the training examples may be missing from the held-out ones. Its examples are then judged only by their effect on
   * other classes.
   * @defaultValue false
   */
  readonly allowAbsentClasses?: boolean
}

/** Examples in pieces, where all together are larger than memory. */
export interface LastLayerStream {
  /** Goes over all pieces from the start each time it is called, always in the same order. */
  readonly stream: () => AsyncIterable<LastLayerExamples>
}

/** Options of {@link lastLayerInfluence}: the examples in memory or as a stream. */
export type LastLayerInfluenceOptions =
  (LastLayerExamples & LastLayerInfluenceSettings) | (LastLayerStream & LastLayerInfluenceSettings)

/**
 * Influence of each training example on the held-out loss, through the last layer of the network:
 *
 *     influence_i = mean_v g_v^T (H + damping I)^-1 g_i,   g_i = (p_i - y_i) [features_i, 1]^T
 *
 * H is the exact Hessian of the mean training loss in the layer's weights and bias. A positive influence means that more weight on
 * example i lowers the held-out loss, so that the example should be kept. To first order, leaving it out raises the held-out loss by
 * influence_i / N. The value is minus the mean over held-out examples of Koh and Liang's I_up,loss.
 *
 * It takes one solve and two more passes over the examples. Beside the examples it needs memory for one block of 256 examples and some
 * vectors of C (D + 1) numbers. All arithmetic is float64 in JavaScript, so that every engine gives the same scores.
 *
 * With a `stream`, each pass calls it anew; it must give the same pieces in the same order, and may dispose a piece when it is
 * asked for the next.
 *
 * @param options - features [N, D], logits [N, C] and labels [N] of the training examples or a stream of them, `teacherLogits` for
 * the loss of distillation, and {@link LastLayerInfluenceSettings}
 * @returns [N] in nats, higher = keep
 * @throws {@link InvalidArgumentError} without held-out examples or with a class absent from them, for damping <= 0, NaN and infinities,
 * and labels out of range
 * @throws {@link ShapeError} when the tables do not fit each other
 * @throws {@link KdError} when the solver does not converge
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { selectEngine } from '@kd/core'
 * import { lastLayerInfluence } from '@kd/selection'
 *
 * await selectEngine('cpu')
 * // The third example has a wrong label.
 * const influence = await lastLayerInfluence({
 *   features: tf.tensor2d([[-1], [1], [1]]),
 *   logits: tf.tensor2d([[1, -1], [-1, 1], [-1, 1]]),
 *   labels: [0, 1, 0],
 *   validation: {
 *     features: tf.tensor2d([[-1], [1]]),
 *     logits: tf.tensor2d([[1, -1], [-1, 1]]),
 *     labels: [0, 1],
 *   },
 *   damping: 0.1,
 * })
 * console.log(Array.from(influence, Math.sign).join()) // 1,1,-1
 * ```
 *
 * @see Koh, Liang: Understanding Black-box Predictions via Influence Functions, ICML 2017. That Data Selection (Lan et al., arXiv
 * 2404.03693) uses this form is not known: its formula is not published where we could read it, and all details are our choice.
 */
export async function lastLayerInfluence(options: LastLayerInfluenceOptions): Promise<Float64Array> {
  const { validation, solver = conjugateGradient(), allowAbsentClasses = false } = options
  assertHeldOut(validation)
  const source: LastLayerSource = 'stream' in options ? options.stream : options
  const { forEachBlock, summary, hessian } = await prepareLastLayer(source, options, 'lastLayerInfluence')
  const heldOut = await summarizeHeldOut(validation)
  assertSameLayer(summary, heldOut)
  if (!allowAbsentClasses) assertAllClasses(summary, heldOut)
  const solve = await solver.prepare(hessian)
  return gradientProducts(forEachBlock, await solve(heldOut.meanGradient), summary)
}

/** Computes [N] the dot product of each example's gradient with a direction. */
async function gradientProducts(
  forEachBlock: ForEachBlock,
  direction: Float64Array,
  { count, classes, inputs: width }: ExamplesSummary,
): Promise<Float64Array> {
  const products = new Float64Array(count)
  let images = new Float64Array(0)
  await forEachBlock(({ first, count: rows, inputs, residuals }) => {
    if (images.length < residuals.values.length) images = new Float64Array(residuals.values.length)
    multiplyTransposed(inputs, { values: direction, rows: classes, columns: width }, images)
    for (let index = 0; index < rows * classes; index++)
      products[first + Math.floor(index / classes)]! += residuals.values[index]! * images[index]!
  })
  return products
}

async function summarizeHeldOut(validation: LastLayerExamples): Promise<ExamplesSummary> {
  const { features, logits, labels } = validation
  const source = await tablesSource({ features, logits, labels }, 'validation.', 'lastLayerInfluence')
  return summarize(lastLayerBlocks(source, 1, 'lastLayerInfluence'), 'lastLayerInfluence')
}

function assertHeldOut(validation: LastLayerExamples | undefined): void {
  if (validation?.features !== undefined && validation.features.shape[0] !== 0) return
  throw new InvalidArgumentError(
    `lastLayerInfluence: validation must hold at least one example, got ${validation?.features === undefined ? 'none' : 'no rows'}`,
    { hint: 'hold a validation split out with splitDataset of @kd/datasets; never use the test split' },
  )
}

function assertSameLayer(train: ExamplesSummary, heldOut: ExamplesSummary): void {
  if (train.classes === heldOut.classes && train.inputs === heldOut.inputs) return
  throw new InvalidArgumentError(
    `lastLayerInfluence: validation must have ${train.inputs - 1} features and ${train.classes} classes like the training examples, got ${heldOut.inputs - 1} and ${heldOut.classes}`,
  )
}

function assertAllClasses(train: ExamplesSummary, heldOut: ExamplesSummary): void {
  const absent = heldOut.labelCounts.findIndex((count, label) => count === 0 && train.labelCounts[label]! > 0)
  if (absent < 0) return
  throw new InvalidArgumentError(
    `lastLayerInfluence: validation must have an example of each class of the training examples, got none of class ${absent}`,
    {
      hint: 'split stratified, hold out more, or set allowAbsentClasses and know that its examples are judged by other classes only',
    },
  )
}
