import { cifarResnet, mlp, mobilenetV2, smallCnn, wideResnet } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import type { Batch } from './gradients-of.js'
import { SelfAttention } from './self-attention.js'

type Symbolic = tfl.SymbolicTensor
const classes = 10
const seed = 3
const words = 20
const length = 7

/** The networks that this engine is for, on inputs that the cpu engine takes in seconds. Weights are the same at each call. */
export const networks: Readonly<Record<string, () => tfl.LayersModel>> = {
  mlp: () => mlp({ inputShape: [8, 8, 1], hiddenUnits: [32, 16], classes, seed }),
  cnn: () => smallCnn({ inputShape: [12, 12, 1], widths: [8, 16], classes, seed }),
  'resnet-8': () => cifarResnet({ depth: 8, inputShape: [8, 8, 3], classes, seed }),
  'wrn-16-1': () => wideResnet({ depth: 16, widthFactor: 1, inputShape: [8, 8, 3], classes, seed }),
  // At half the size the last normalisations would see one number per image.
  'mobilenet-v2': () => mobilenetV2({ widthMultiplier: 0.25, classes, seed }),
  transformer: () => {
    const tokens = tfl.input({ shape: [length] })
    const embedded = embedding().apply(tokens) as Symbolic
    const attended = normalizedSum(embedded, new SelfAttention(4, seed).apply(embedded) as Symbolic)
    const hidden = dense(32, 'relu').apply(attended) as Symbolic
    const block = normalizedSum(attended, dense(16).apply(hidden) as Symbolic)
    const pooled = tfl.layers.globalAveragePooling1d({}).apply(block) as Symbolic
    return tfl.model({ inputs: tokens, outputs: dense(classes).apply(pooled) as Symbolic })
  },
  lstm: () => recurrent(tfl.layers.lstm),
  gru: () => recurrent(tfl.layers.gru),
}

/** A batch for one of them, by its number the same at each call: images, or words by number. */
export function batchFor(model: tfl.LayersModel, size: number, batch = 0): Batch {
  const shape = [size, ...(model.inputs[0]!.shape.slice(1) as number[])]
  const items = tf.util.sizeFromShape(shape)
  const values =
    shape.length === 2
      ? Float32Array.from({ length: items }, (_, index) => (index * 13 + 5 + batch) % words)
      : Float32Array.from({ length: items }, (_, index) => Math.sin((index + batch * items) * 12.9898) * 1.3)
  const labels = Int32Array.from({ length: size }, (_, index) => (index * 7) % classes)
  return { inputs: tf.tensor(values, shape), labels: tf.tensor1d(labels, 'int32') }
}

function embedding(): tfl.layers.Layer {
  const embeddingsInitializer = tfl.initializers.randomUniform({ minval: -1, maxval: 1, seed })
  return tfl.layers.embedding({ inputDim: words, outputDim: 16, embeddingsInitializer })
}

function dense(units: number, activation: 'relu' | 'linear' = 'linear'): tfl.layers.Layer {
  return tfl.layers.dense({ units, activation, kernelInitializer: tfl.initializers.heNormal({ seed }) })
}

function normalizedSum(left: Symbolic, right: Symbolic): Symbolic {
  const sum = tfl.layers.add().apply([left, right]) as Symbolic
  return tfl.layers.layerNormalization({}).apply(sum) as Symbolic
}

function recurrent(layer: typeof tfl.layers.lstm | typeof tfl.layers.gru): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotNormal({ seed })
  const recurrentInitializer = tfl.initializers.glorotNormal({ seed: seed + 1 })
  return tfl.sequential({
    layers: [
      tfl.layers.inputLayer({ inputShape: [length] }),
      embedding(),
      layer({ units: 12, kernelInitializer, recurrentInitializer }),
      dense(classes),
    ],
  })
}
