import { InvalidArgumentError } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { addActivation } from './activations.js'
import type { GraphBuilder, GraphValue } from './graph-builder.js'

/** One use of a layer, with all that its translation reads. */
export interface LayerUse {
  readonly graph: GraphBuilder
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  /** Its weights, in the layer's own order. */
  readonly weights: readonly LayerWeight[]
  readonly inputs: readonly GraphValue[]
  /** Its shape in TensorFlow.js, with the batch axis. */
  readonly outputShape: readonly (number | null)[]
}

/** A weight of a layer. */
export interface LayerWeight {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Adds the nodes of one kind of layer and gives its output. */
export type LayerTranslation = (use: LayerUse) => GraphValue

/** A layer of a model. */
export type Layer = LayersModel['layers'][number]

/** Makes the error that names a layer whose configuration cannot be written. */
export function layerError(name: string, rule: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError(`exportOnnx: layer ${name} must ${rule}, got ${found}`)
}

/** The axis of the channels of a value as it lies in the graph. */
export function channelAxis({ shape, channelsFirst }: GraphValue): number {
  return channelsFirst ? 1 : shape.length - 1
}

/** Turns an axis of TensorFlow.js, which may count from the end, into one of the graph. */
export function graphAxis(axis: number, { shape, channelsFirst }: GraphValue): number {
  const positive = axis < 0 ? axis + shape.length : axis
  return channelsFirst ? [0, 2, 3, 1][positive]! : positive
}

/** Adds the activation of a layer's configuration to what the layer itself computes. */
export function activated(use: LayerUse, value: GraphValue): GraphValue {
  const activation = use.config['activation']
  if (activation === undefined || activation === null) return value
  if (typeof activation !== 'string')
    throw layerError(use.name, 'name its activation', JSON.stringify(activation))
  const place = { graph: use.graph, input: value.name, name: use.name, channelAxis: channelAxis(value) }
  return { ...value, name: addActivation(activation, use.name, place) }
}

/** The name of what a layer computes before its activation: the layer's own where there is none. */
export function bareName({ name, config }: LayerUse): string {
  return ['linear', undefined, null].includes(config['activation'] as string) ? name : `${name}_linear`
}

/** Refuses an image that lies channels first in TensorFlow.js. */
export function assertChannelsLast({ name, config }: LayerUse): void {
  const format = config['dataFormat']
  if (format === 'channelsFirst') throw layerError(name, 'have its channels last', 'dataFormat channelsFirst')
}

/** Height and width of an image; both must be known. */
export function imageSize({ shape }: GraphValue, name: string): [height: number, width: number] {
  const [, height, width] = shape
  if (shape.length !== 4 || typeof height !== 'number' || typeof width !== 'number') {
    throw layerError(
      name,
      'have an image of known height and width',
      `[${shape.map((size) => size ?? '?').join(', ')}]`,
    )
  }
  return [height, width]
}
