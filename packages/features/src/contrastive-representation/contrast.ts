import * as tf from '@tensorflow/tfjs-core'

/** What the embeddings of a batch are compared with. */
export interface Contrast {
  /** [rows, dimensions] the other side's embeddings of all training examples. */
  readonly bank: tf.Tensor2D
  /** [N, rows] 1 at each example's own row. */
  readonly positives: tf.Tensor2D
  /** [N, rows] how often each row was drawn as a negative of each example. */
  readonly negatives: tf.Tensor2D
  /** How many negatives each example has. */
  readonly count: number
  readonly temperature: number
  /** Z of an earlier step; without it that of this one is taken. */
  readonly constant?: number | undefined
}

/** Keeps the logarithms finite, as in the authors' code. */
const EPSILON = 1e-7

/**
 * Returns each row's exponential exp(bank · embedding / temperature), [N, rows]. One product with the whole bank costs less than gathering
 * thousands of its rows for each example.
 */
export function likenesses(embeddings: tf.Tensor2D, { bank, temperature }: Contrast): tf.Tensor2D {
  return tf.exp(tf.div(tf.matMul(embeddings, bank, false, true), temperature))
}

/** Returns Z: the number of rows times the mean exponential of the batch's positives and negatives. */
export function constantOf(exponentials: tf.Tensor2D, { positives, negatives, count }: Contrast): number {
  const [examples, rows] = exponentials.shape
  const sum = tf.sum(tf.mul(exponentials, tf.add(positives, negatives))).dataSync()[0]!
  return (sum / (examples * (count + 1))) * rows
}

/**
 * The loss of noise-contrastive estimation, with p = exp(bank · embedding / temperature) / Z and m negatives of n rows:
 *
 *     -log(p_0 / (p_0 + m/n + 1e-7)) - sum over negatives k of log((m/n) / (p_k + m/n + 1e-7))
 *
 * @param embeddings - [N, dimensions], of unit length
 * @param contrast - see {@link Contrast}
 * @returns [N]
 */
export function contrastiveLosses(embeddings: tf.Tensor2D, contrast: Contrast): tf.Tensor1D {
  const { positives, negatives, count } = contrast
  const exponentials = likenesses(embeddings, contrast)
  const constant = contrast.constant ?? constantOf(exponentials, contrast)
  const probabilities = tf.div(exponentials, constant)
  const noise = count / positives.shape[1]
  const own = tf.sum(tf.mul(probabilities, positives), 1)
  const ofPositives = tf.log(tf.div(own, tf.add(own, noise + EPSILON)))
  const ofNegatives = tf.sum(
    tf.mul(negatives, tf.log(tf.div(noise, tf.add(probabilities, noise + EPSILON)))),
    1,
  )
  return tf.neg(tf.add(ofPositives, ofNegatives))
}
