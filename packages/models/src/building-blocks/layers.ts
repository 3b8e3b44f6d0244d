import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/** Applies a layer in a graph under construction, and narrows the type of its output, which TensorFlow.js leaves open. */
export function connect(
  layer: InstanceType<typeof layers.Layer>,
  input: SymbolicTensor | SymbolicTensor[],
): SymbolicTensor {
  return layer.apply(input) as SymbolicTensor
}

/** Adds batch normalisation with PyTorch's constants: its momentum 0.1 is TensorFlow's 0.9, and epsilon is 1e-5. */
export function batchNormalization(input: SymbolicTensor, name: string): SymbolicTensor {
  return connect(layers.batchNormalization({ name, momentum: 0.9, epsilon: 1e-5 }), input)
}

/** Adds max(0, x) as a layer of its own, so that its output has a name. */
export function relu(input: SymbolicTensor, name: string): SymbolicTensor {
  return connect(layers.activation({ name, activation: 'relu' }), input)
}

/** Adds the branches of a residual block up. */
export function sum(inputs: SymbolicTensor[], name: string): SymbolicTensor {
  return connect(layers.add({ name }), inputs)
}

/** Gives the same numbers another shape, which is stated without the batch axis. */
export function reshape(input: SymbolicTensor, targetShape: number[], name: string): SymbolicTensor {
  return connect(layers.reshape({ name, targetShape }), input)
}

/** Returns height, width and channels of a symbolic image. */
export function imageShape(image: SymbolicTensor): [height: number, width: number, channels: number] {
  const [, height, width, channels] = image.shape
  return [height!, width!, channels!]
}
