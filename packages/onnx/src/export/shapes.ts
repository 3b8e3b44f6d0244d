import { assertChannelsLast, graphAxis, imageSize, layerError, type LayerUse } from './layer.js'
import type { GraphValue } from './graph-builder.js'

/** Reshape and Flatten: the numbers in the order of TensorFlow.js get another shape. */
export function reshape({ graph, name, inputs, outputShape }: LayerUse): GraphValue {
  if (outputShape.slice(1).includes(null)) {
    throw layerError(
      name,
      'have a known output shape',
      `[${outputShape.map((size) => size ?? '?').join(', ')}]`,
    )
  }
  const shape = graph.integers(`${name}_shape`, [-1, ...(outputShape.slice(1) as number[])])
  const output = graph.node('Reshape', [graph.plain(inputs[0]!).name, shape], name)
  return { name: output, shape: outputShape, channelsFirst: false }
}

/** Permute: its axes count from 1, without the batch axis. */
export function permute({ graph, name, config, inputs, outputShape }: LayerUse): GraphValue {
  const order = [0, ...(config['dims'] as readonly number[])]
  const output = graph.node('Transpose', [graph.plain(inputs[0]!).name], name, { perm: { integers: order } })
  return { name: output, shape: outputShape, channelsFirst: false }
}

/** ZeroPadding2D. */
export function zeroPadding2d(use: LayerUse): GraphValue {
  assertChannelsLast(use)
  const { graph, name, outputShape } = use
  const [[top, bottom], [left, right]] = borders(use.config['padding'])
  const pads = graph.integers(`${name}_pads`, [0, 0, top, left, 0, 0, bottom, right])
  const output = graph.node('Pad', [graph.image(use.inputs[0]!).name, pads], name)
  return { name: output, shape: outputShape, channelsFirst: true }
}

/** Cropping2D. */
export function cropping2d(use: LayerUse): GraphValue {
  assertChannelsLast(use)
  const { graph, name, outputShape } = use
  const image = graph.image(use.inputs[0]!)
  const [height, width] = imageSize(image, name)
  const [[top, bottom], [left, right]] = borders(use.config['cropping'])
  const output = graph.node(
    'Slice',
    [
      image.name,
      graph.integers(`${name}_starts`, [top, left]),
      graph.integers(`${name}_ends`, [height - bottom, width - right]),
      graph.integers(`${name}_axes`, [2, 3]),
    ],
    name,
  )
  return { name: output, shape: outputShape, channelsFirst: true }
}

/** Concatenate. */
export function concatenate({ graph, name, config, inputs, outputShape }: LayerUse): GraphValue {
  const values = inputs[0]!.shape.length === 4 ? inputs.map((input) => graph.image(input)) : inputs
  const axis = graphAxis(Number(config['axis'] ?? -1), values[0]!)
  const names = values.map((value) => value.name)
  const output = graph.node('Concat', names, name, { axis: { integer: axis } })
  return { name: output, shape: outputShape, channelsFirst: values[0]!.channelsFirst }
}

type Borders = readonly [readonly [number, number], readonly [number, number]]

/** Borders as layers keep them: one number, one for each axis, or two for each axis. */
function borders(value: unknown): Borders {
  const [rows, columns] =
    typeof value === 'number' ? [value, value] : (value as readonly (number | [number, number])[])
  const two = (border: number | [number, number]): [number, number] =>
    typeof border === 'number' ? [border, border] : border
  return [two(rows!), two(columns!)]
}
