import * as tf from '@tensorflow/tfjs-core'
import { ShapeError, type RandomSource } from '@kd/core'

/** One hidden layer from K losses to K weights in (0, 1). */
export interface WeightNetwork {
  readonly variables: readonly tf.Variable[]
  /** [N, K] from [N, K]. */
  weights(losses: tf.Tensor): tf.Tensor2D
  /** Copies of the variables, which the caller disposes. */
  save(): tf.NamedTensorMap
  /** Takes back what `save` gave. */
  load(state: tf.NamedTensorMap): void
  /** Frees the variables. */
  dispose(): void
}

/**
 * Makes the network, with Glorot's uniform kernels and zero biases.
 *
 * @param terms - K
 * @param hiddenUnits - width of the hidden layer
 * @param random - draws the kernels
 * @returns the network
 */
export function weightNetwork(terms: number, hiddenUnits: number, random: RandomSource): WeightNetwork {
  const variables = tf.tidy(() => ({
    hiddenKernel: glorotKernel(terms, hiddenUnits, random.split('hidden')),
    hiddenBias: tf.variable(tf.zeros([hiddenUnits])),
    outputKernel: glorotKernel(hiddenUnits, terms, random.split('output')),
    outputBias: tf.variable(tf.zeros([terms])),
  }))
  return {
    variables: Object.values(variables),
    weights(losses) {
      const { hiddenKernel, hiddenBias, outputKernel, outputBias } = variables
      const hidden = tf.relu(tf.add(tf.matMul(losses, hiddenKernel), hiddenBias))
      return tf.sigmoid<tf.Tensor2D>(tf.add(tf.matMul(hidden, outputKernel), outputBias))
    },
    save: () => Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, tf.clone(value)])),
    load(state) {
      for (const [name, variable] of Object.entries(variables)) {
        const saved = state[name]
        if (saved?.shape.join() !== variable.shape.join()) {
          throw new ShapeError(
            `metaWeightNet: state must have ${name} [${variable.shape.join(', ')}], got ${saved === undefined ? 'none' : `[${saved.shape.join(', ')}]`}`,
          )
        }
        variable.assign(saved)
      }
    },
    dispose() {
      tf.dispose({ ...variables })
    },
  }
}

function glorotKernel(inputs: number, outputs: number, random: RandomSource): tf.Variable {
  const limit = Math.sqrt(6 / (inputs + outputs))
  const values = Float32Array.from({ length: inputs * outputs }, () => limit * (2 * random.uniform() - 1))
  return tf.variable(tf.tensor2d(values, [inputs, outputs]))
}
