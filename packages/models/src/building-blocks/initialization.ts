import { initializers } from '@tensorflow/tfjs-layers'

/** A stock initializer of TensorFlow.js, so that a saved model names nothing of ours. */
export type Initializer = ReturnType<typeof initializers.zeros>

/** How many inputs feed one output of a layer, and how many outputs one input feeds, as PyTorch counts them. */
export interface Fan {
  readonly fanIn: number
  readonly fanOut: number
}

/** A way to start weights: it makes a layer's initializer from its fan and a seed. */
export type Initialization = (fan: Fan, seed: number) => Initializer

/** He et al. (2015) for ReLU by outgoing connections: N(0, 2 / fanOut), not truncated. */
export const fanOutNormal: Initialization = ({ fanOut }, seed) =>
  initializers.randomNormal({ mean: 0, stddev: Math.sqrt(2 / fanOut), seed })

/** He et al. (2015) for ReLU by incoming connections: N(0, 2 / fanIn), not truncated. */
export const fanInNormal: Initialization = ({ fanIn }, seed) =>
  initializers.randomNormal({ mean: 0, stddev: Math.sqrt(2 / fanIn), seed })

/** The default of PyTorch's layers: uniform in ±1 / sqrt(fanIn). */
export const fanInUniform: Initialization = ({ fanIn }, seed) =>
  initializers.randomUniform({ minval: -1 / Math.sqrt(fanIn), maxval: 1 / Math.sqrt(fanIn), seed })

/** N(0, 0.01²), the classifier of the VGG and MobileNetV2 definitions. */
export const smallNormal: Initialization = (_fan, seed) =>
  initializers.randomNormal({ mean: 0, stddev: 0.01, seed })

/** Every weight starts at zero. */
export const zeros: Initialization = () => initializers.zeros()
