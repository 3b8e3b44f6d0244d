import type { RandomSource } from '@kd/core'
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { fanInUniform, type Initialization } from './initialization.js'
import { connect } from './layers.js'

/** The last layer of a model. */
export interface ClassifierOptions {
  readonly classes: number
  readonly random: RandomSource
  /** @defaultValue fanInUniform */
  readonly initialization?: Initialization
  /** @defaultValue as `initialization` */
  readonly biasInitialization?: Initialization
}

/** The dense layer `logits`: one unnormalised number per class. */
export function classifier(features: SymbolicTensor, options: ClassifierOptions): SymbolicTensor {
  const { classes, random, initialization = fanInUniform, biasInitialization = initialization } = options
  const fan = { fanIn: features.shape.at(-1)!, fanOut: classes }
  const own = random.split('logits')
  const layer = layers.dense({
    name: 'logits',
    units: classes,
    kernelInitializer: initialization(fan, own.seed()),
    biasInitializer: biasInitialization(fan, own.split('bias').seed()),
  })
  return connect(layer, features)
}

/** Global average pooling `features`, then the dense layer `logits`. */
export function pooledClassifier(image: SymbolicTensor, options: ClassifierOptions): SymbolicTensor {
  const features = connect(layers.globalAveragePooling2d({ name: 'features' }), image)
  return classifier(features, options)
}
