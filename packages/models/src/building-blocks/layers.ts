import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/** Applies a layer in a graph under construction; narrows the type, which TensorFlow.js leaves open. */
export function connect(
  layer: InstanceType<typeof layers.Layer>,
  input: SymbolicTensor | SymbolicTensor[],
): SymbolicTensor {
  return layer.apply(input) as SymbolicTensor
}

/** Batch normalisation with PyTorch's constants: its momentum 0.1 is TensorFlow's 0.9, and epsilon is 1e-5. */
export function batchNormalization(input: SymbolicTensor, name: string): SymbolicTensor {
  return connect(layers.batchNormalization({ name, momentum: 0.9, epsilon: 1e-5 }), input)
}

/** max(0, x) as a layer of its own, so that its output has a name. */
export function relu(input: SymbolicTensor, name: string): SymbolicTensor {
  return connect(layers.activation({ name, activation: 'relu' }), input)
}

/** The sum of a residual block's branches. */
export function sum(inputs: SymbolicTensor[], name: string): SymbolicTensor {
  return connect(layers.add({ name }), inputs)
}

/** Gives another shape to the same numbers, batch axis left out. */
export function reshape(input: SymbolicTensor, targetShape: number[], name: string): SymbolicTensor {
  return connect(layers.reshape({ name, targetShape }), input)
}

/** Height, width and channels of a symbolic image. */
export function imageShape(image: SymbolicTensor): [height: number, width: number, channels: number] {
  const [, height, width, channels] = image.shape
  return [height!, width!, channels!]
}
