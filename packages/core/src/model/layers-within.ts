import type { LayersModel } from '@tensorflow/tfjs-layers'

/** A layer of a LayersModel. */
export type Layer = LayersModel['layers'][number]

/** Layers that go around others, by the names under which TensorFlow.js keeps those. */
interface Wrapper {
  readonly layers?: readonly Layer[]
  readonly layer?: Layer
  readonly forwardLayer?: Layer
  readonly backwardLayer?: Layer
  /** The cell of a recurrent layer. */
  readonly cell?: Layer
  readonly cells?: readonly Layer[]
}

/**
 * Lists the layers of a model, those of models within it and those that another layer goes around too, such as a recurrent cell.
 *
 * @param model - any
 * @returns each layer with its place: its index, or the indices of all levels
 */
export function layersWithin(model: Pick<LayersModel, 'layers'>): [layer: Layer, place: number[]][] {
  return model.layers.flatMap((layer, index) => within(layer, [index]))
}

function within(layer: Layer, place: number[]): [Layer, number[]][] {
  const {
    layers = [],
    layer: inner,
    forwardLayer,
    backwardLayer,
    cell,
    cells = [],
  } = layer as unknown as Wrapper
  const inside = [...layers, inner, forwardLayer, backwardLayer, cell, ...cells].filter(
    (one) => one !== undefined,
  )
  return [[layer, place], ...inside.flatMap((one, index) => within(one, [...place, index]))]
}
