import { InvalidArgumentError, randomSource } from '@kd/core'
import type { Table } from '../examples/table.js'
import { residualLengths, scoreRows, type PredictionOptions, type ResidualOptions } from './score-rows.js'

/**
 * EL2N: the length of the error vector, |p_i - y_i|. Against a teacher it is temperature * |p_i - p_i of the teacher|, the length of that
 * loss's derivative. A high score marks an example that is hard or mislabelled. It is meant for a model early in its training. The
 * published form takes the mean over several initial weights, which is a mean of these scores.
 *
 * @param options - logits [N, C], labels [N], and a teacher for the loss of distillation
 * @returns [N] in [0, sqrt 2] for labels
 * @throws {@link InvalidArgumentError} or {@link ShapeError} for NaN, wrong labels, or shapes that do not fit
 *
 * @example
 * ```ts
 * import { el2n } from '@kd/selection'
 *
 * const logits = { values: Float32Array.of(2, 0, 2, 0), shape: [2, 2] as const }
 * const scores = await el2n({ logits, labels: [0, 1] })
 * console.log(scores[0]!.toFixed(3), scores[1]!.toFixed(3)) // 0.169 1.246
 * ```
 *
 * @see Paul, Ganguli, Dziugaite: Deep Learning on a Data Diet, NeurIPS 2021; the form against a teacher is ours
 */
export async function el2n(options: ResidualOptions): Promise<Float64Array> {
  return residualLengths(options, 'el2n')
}

/**
 * Entropy of each prediction, -sum_j p_j log p_j. A high score says that the model is unsure. The labels are not read.
 *
 * @param options - logits [N, C]
 * @returns [N] in nats, in [0, log C]
 * @throws as {@link el2n}
 *
 * @example
 * ```ts
 * import { entropy } from '@kd/selection'
 *
 * const scores = await entropy({ logits: { values: Float32Array.of(0, 0, 50, 0), shape: [2, 2] } })
 * console.log(scores[0]!.toFixed(4), scores[1]!.toFixed(4)) // 0.6931 0.0000
 * ```
 */
export async function entropy({ logits }: { readonly logits: Table }): Promise<Float64Array> {
  // No label is read; scoreRows wants one for each row.
  const labels = new Int32Array(logits.shape[0])
  return scoreRows({ logits, labels }, 'entropy', ({ probabilities }) =>
    probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0),
  )
}

/**
 * Margin: how far the label's logit is above the largest other one; negative where the model is wrong. A low score marks an example that
 * is hard or mislabelled. The mean over the epochs of a training is the area under the margin.
 *
 * @param options - logits [N, C], labels [N]
 * @returns [N]
 * @throws as {@link el2n}
 *
 * @example
 * ```ts
 * import { margin } from '@kd/selection'
 *
 * const logits = { values: Float32Array.of(2, 0, -1, 2, 0, -1), shape: [2, 3] as const }
 * console.log((await margin({ logits, labels: [0, 2] })).join()) // 2,-3
 * ```
 *
 * @see Pleiss et al.: Identifying Mislabeled Data using the Area Under the Margin Ranking, NeurIPS 2020
 */
export async function margin(options: PredictionOptions): Promise<Float64Array> {
  return scoreRows(options, 'margin', ({ label, logits }) => {
    let other = -Infinity
    for (let index = 0; index < logits.length; index++)
      if (index !== label && logits[index]! > other) other = logits[index]!
    return logits[label]! - other
  })
}

/**
 * Confidence: the probability that a model gives to the label. A teacher's confidence says how good it is on an example; examples with a
 * high score should be kept.
 *
 * @param options - logits [N, C] of the teacher, or of any model, and labels [N]
 * @returns [N] in [0, 1]
 * @throws as {@link el2n}
 *
 * @example
 * ```ts
 * import { labelConfidence } from '@kd/selection'
 *
 * const logits = { values: Float32Array.of(1, 0), shape: [1, 2] as const }
 * console.log((await labelConfidence({ logits, labels: [0] }))[0]!.toFixed(4)) // 0.7311
 * ```
 */
export async function labelConfidence(options: PredictionOptions): Promise<Float64Array> {
  return scoreRows(options, 'labelConfidence', ({ label, probabilities }) => probabilities[label]!)
}

/**
 * Correctness: 1 where the class of the largest logit is the label, 0 elsewhere; of equal logits the first one counts.
 * `selectAbove(scores, 0.5)` of a teacher's correctness selects the examples that it is right on.
 *
 * @param options - logits [N, C] of the teacher, or of any model, and labels [N]
 * @returns [N] of 0 and 1
 * @throws as {@link el2n}
 *
 * @example
 * ```ts
 * import { correctness } from '@kd/selection'
 *
 * const logits = { values: Float32Array.of(1, 0, 1, 0), shape: [2, 2] as const }
 * console.log((await correctness({ logits, labels: [0, 1] })).join()) // 1,0
 * ```
 */
export async function correctness(options: PredictionOptions): Promise<Float64Array> {
  return scoreRows(options, 'correctness', ({ label, logits }) => {
    let top = 0
    for (let index = 1; index < logits.length; index++) if (logits[index]! > logits[top]!) top = index
    return Number(top === label)
  })
}

/**
 * Random scores. A selection is worth its cost only if it beats them at the same fraction.
 *
 * @param count - N >= 1
 * @param seed - the same one gives the same scores
 * @returns [N] in [0, 1)
 * @throws {@link InvalidArgumentError} when the count is not a whole number >= 1
 *
 * @example
 * ```ts
 * import { randomScores } from '@kd/selection'
 *
 * console.log(randomScores(3, 1).join() === randomScores(3, 1).join()) // true
 * ```
 */
export function randomScores(count: number, seed: number | string = 0): Float64Array {
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError(`randomScores: count must be a whole number >= 1, got ${count}`)
  const random = randomSource(seed).split('random-scores')
  return Float64Array.from({ length: count }, () => random.uniform())
}
