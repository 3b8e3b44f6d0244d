import type { RandomSource } from '@kd/core'
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { fanInUniform, type Initialization } from './initialization.js'
import { connect } from './layers.js'

/** Options of {@link classifier}. */
export interface ClassifierOptions {
  readonly classes: number
  readonly random: RandomSource
  /** How the kernel starts. @defaultValue fanInUniform */
  readonly initialization?: Initialization
  /** How the bias starts. @defaultValue the same as `initialization` */
  readonly biasInitialization?: Initialization
}

/** Adds the dense layer `logits`, which gives one unnormalised number per class. */
export function classifier(features: SymbolicTensor, options: ClassifierOptions): SymbolicTensor {
  const { classes, random, initialization = fanInUniform, biasInitialization = initialization } = options
  const fan = { fanIn: features.shape.at(-1)!, fanOut: classes }
  const layerRandom = random.split('logits')
  const layer = layers.dense({
    name: 'logits',
    units: classes,
    kernelInitializer: initialization(fan, layerRandom.seed()),
    biasInitializer: biasInitialization(fan, layerRandom.split('bias').seed()),
  })
  return connect(layer, features)
}

/** Adds the global average pooling `features`, then the dense layer `logits`. */
export function pooledClassifier(image: SymbolicTensor, options: ClassifierOptions): SymbolicTensor {
  const features = connect(layers.globalAveragePooling2d({ name: 'features' }), image)
  return classifier(features, options)
}
