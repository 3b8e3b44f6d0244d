import * as tf from '@tensorflow/tfjs-core'

// What is used of tfjs-layers. The package itself is not imported: it may not be there.

/** A weight of a layer. */
export interface LayerVariable {
  read(): tf.Tensor
  write(value: tf.Tensor): void
}

/** What every layer has. */
export interface Layer {
  readonly name: string
  readonly stateful: boolean
  readonly built: boolean
  getClassName(): string
  apply(inputs: tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor | tf.Tensor[]
}

/** An output of a layer at one place of a graph. */
export interface SymbolicTensor {
  readonly id: number
  readonly sourceLayer: Layer
  readonly inputs: SymbolicTensor[]
  readonly outputTensorIndex?: number
}

/** An activation function, or a layer that has one. */
interface Activation {
  getClassName(): string
}

/** BatchNormalization. */
export interface BatchNormalization extends Layer {
  readonly trainable: boolean
  readonly axis: number
  readonly momentum: number
  readonly epsilon: number
  readonly gamma?: LayerVariable
  readonly beta?: LayerVariable
  readonly movingMean: LayerVariable
  readonly movingVariance: LayerVariable
}

/** Conv2D and DepthwiseConv2D. */
export interface Convolution extends Layer {
  readonly kernel?: LayerVariable
  readonly depthwiseKernel?: LayerVariable
  readonly bias?: LayerVariable | null
  readonly activation?: Activation | null
  readonly strides: [number, number]
  readonly padding: string
  readonly dataFormat: string
  readonly dilationRate: number | readonly number[]
}

/** Dense. */
export interface Dense extends Layer {
  readonly kernel: LayerVariable
  readonly bias?: LayerVariable | null
  readonly activation?: Activation | null
}

/** The activation's name in lower case; linear where there is none. */
export function activationOf(layer: { readonly activation?: Activation | null }): string {
  return layer.activation?.getClassName().toLowerCase() ?? 'linear'
}

const seen = new WeakMap<object, Set<string>>()

/**
 * Runs a function on a layer class, found by its name in TensorFlow.js's registry of serialisable classes: now, or when
 * tfjs-layers is imported later. Once per class and name.
 *
 * @param className - as tfjs-layers registers it
 * @param patch - what to do with the class's prototype
 */
export function whenRegistered<Prototype>(className: string, patch: (prototype: Prototype) => void): void {
  const registry = tf.serialization.SerializationMap
  const run = (layerClass: object): void => {
    const names = seen.get(layerClass) ?? new Set()
    if (names.has(className)) return
    seen.set(layerClass, names.add(className))
    patch((layerClass as { prototype: Prototype }).prototype)
  }
  const known = registry.getMap().classNameMap[className]
  if (known !== undefined) run(known[0])
  const register = registry.register.bind(registry)
  registry.register = (layerClass) => {
    register(layerClass)
    if (layerClass.className === className) run(layerClass)
  }
}
