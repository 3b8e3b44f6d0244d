import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

type Symbolic = tfl.SymbolicTensor

let seed = 0
const initializer = (): ReturnType<typeof tfl.initializers.heNormal> =>
  tfl.initializers.heNormal({ seed: ++seed })

/** Small forms of the models that this engine is for; weights are the same at each call. */
export const models: Readonly<Record<string, () => tfl.LayersModel>> = {
  mlp: () => {
    seed = 0
    const dense = (units: number, activation: 'relu' | 'linear'): tfl.layers.Layer =>
      tfl.layers.dense({ units, activation, kernelInitializer: initializer() })
    return tfl.sequential({
      layers: [
        tfl.layers.inputLayer({ inputShape: [12, 12, 3] }),
        tfl.layers.flatten(),
        dense(32, 'relu'),
        dense(32, 'relu'),
        dense(10, 'linear'),
      ],
    })
  },
  cnn: () => {
    seed = 0
    const conv = (filters: number): tfl.layers.Layer =>
      tfl.layers.conv2d({ filters, kernelSize: 3, activation: 'relu', kernelInitializer: initializer() })
    return tfl.sequential({
      layers: [
        tfl.layers.inputLayer({ inputShape: [12, 12, 3] }),
        conv(8),
        tfl.layers.maxPooling2d({ poolSize: 2 }),
        conv(16),
        tfl.layers.averagePooling2d({ poolSize: 2, padding: 'valid' }),
        tfl.layers.flatten(),
        tfl.layers.dropout({ rate: 0.25, seed: 5 }),
        tfl.layers.dense({ units: 10, kernelInitializer: initializer() }),
      ],
    })
  },
  resnet8: () => {
    seed = 0
    const input = tfl.input({ shape: [12, 12, 3] })
    let x = relu(normalized(conv(input, 8)))
    for (const [filters, strides] of [
      [8, 1],
      [16, 2],
      [32, 2],
    ] as const) {
      const shortcut = strides === 1 ? x : normalized(conv(x, filters, strides, 1))
      const inner = normalized(conv(relu(normalized(conv(x, filters, strides))), filters))
      x = relu(tfl.layers.add().apply([inner, shortcut]) as Symbolic)
    }
    return classifier(input, x)
  },
  mobilenetV2: () => {
    seed = 0
    const input = tfl.input({ shape: [12, 12, 3] })
    const relu6 = (x: Symbolic): Symbolic => apply(tfl.layers.reLU({ maxValue: 6 }), x)
    const first = relu6(normalized(conv(input, 8, 2)))
    const expanded = relu6(normalized(conv(first, 24, 1, 1)))
    const depthwise = tfl.layers.depthwiseConv2d({
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: initializer(),
    })
    const block = normalized(conv(relu6(normalized(apply(depthwise, expanded))), 8, 1, 1))
    return classifier(input, tfl.layers.add().apply([first, block]) as Symbolic)
  },
}

function apply(layer: tfl.layers.Layer, x: Symbolic): Symbolic {
  return layer.apply(x) as Symbolic
}
function conv(x: Symbolic, filters: number, strides = 1, kernelSize = 3): Symbolic {
  const kernelInitializer = initializer()
  return apply(
    tfl.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer }),
    x,
  )
}
function normalized(x: Symbolic): Symbolic {
  return apply(tfl.layers.batchNormalization({}), x)
}
function relu(x: Symbolic): Symbolic {
  return apply(tfl.layers.activation({ activation: 'relu' }), x)
}
function classifier(input: Symbolic, x: Symbolic): tfl.LayersModel {
  const pooled = apply(tfl.layers.globalAveragePooling2d({}), x)
  const logits = apply(tfl.layers.dense({ units: 10, kernelInitializer: initializer() }), pooled)
  return tfl.model({ inputs: input, outputs: logits })
}

/** A batch that is the same at each call. */
export function batch(size: number): { inputs: tf.Tensor4D; labels: tf.Tensor1D } {
  const pixels = Float32Array.from({ length: size * 432 }, (_, index) => Math.sin(index * 12.9898) * 1.3)
  return {
    inputs: tf.tensor4d(pixels, [size, 12, 12, 3]),
    labels: tf.tensor1d(
      Array.from({ length: size }, (_, index) => (index * 7) % 10),
      'int32',
    ),
  }
}
