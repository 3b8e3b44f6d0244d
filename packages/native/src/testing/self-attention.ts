import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** Multi-head self-attention without masks, [N, T, D] to [N, T, D]. */
export class SelfAttention extends tfl.layers.Layer {
  static readonly className = 'SelfAttention'
  readonly #heads: number
  readonly #seed: number
  #weights: tfl.LayerVariable[] = []

  constructor(heads: number, seed: number) {
    super({})
    this.#heads = heads
    this.#seed = seed
  }

  override build(inputShape: tfl.Shape): void {
    const width = inputShape.at(-1)!
    this.#weights = ['query', 'key', 'value', 'output'].map((name, index) => {
      const initializer = tfl.initializers.glorotNormal({ seed: this.#seed + index })
      return this.addWeight(name, [width, width], 'float32', initializer)
    })
    this.built = true
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs
      const [batch, length, width] = x.shape as [number, number, number]
      const depth = width / this.#heads
      const project = (index: number, values: tf.Tensor): tf.Tensor =>
        tf.reshape(tf.matMul(tf.reshape(values, [batch * length, width]), this.#weights[index]!.read()), [
          batch,
          length,
          width,
        ])
      const [query, key, value] = [0, 1, 2].map((index) =>
        tf.transpose(tf.reshape(project(index, x), [batch, length, this.#heads, depth]), [0, 2, 1, 3]),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor]
      const scores = tf.softmax(tf.div(tf.matMul(query, key, false, true), Math.sqrt(depth)))
      const heads = tf.transpose(tf.matMul(scores, value), [0, 2, 1, 3])
      return project(3, tf.reshape(heads, [batch, length, width]))
    })
  }
}
