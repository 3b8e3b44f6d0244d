import type { AttributeValue } from '../file/write-onnx.js'
import { activated, assertChannelsLast, bareName, imageSize, layerError, type LayerUse } from './layer.js'
import type { GraphValue } from './graph-builder.js'

/** Conv2D: kernel [height, width, in, out] becomes [out, in, height, width]. */
export function conv2d(use: LayerUse): GraphValue {
  const { shape, values } = use.weights[0]!
  const [height, width, inputs, outputs] = shape as [number, number, number, number]
  const kernel = new Float32Array(values.length)
  for (let at = 0; at < values.length; at++) {
    const output = at % outputs
    const input = Math.floor(at / outputs) % inputs
    const place = Math.floor(at / outputs / inputs)
    kernel[(output * inputs + input) * height * width + place] = values[at]!
  }
  return convolution(use, [outputs, inputs, height, width], kernel, 1)
}

/** DepthwiseConv2D: kernel [height, width, in, multiplier] becomes [in · multiplier, 1, height, width] in as many groups as inputs. */
export function depthwiseConv2d(use: LayerUse): GraphValue {
  const { shape, values } = use.weights[0]!
  const [height, width, inputs, multiplier] = shape as [number, number, number, number]
  const kernel = new Float32Array(values.length)
  const outputs = inputs * multiplier
  for (let at = 0; at < values.length; at++) {
    kernel[(at % outputs) * height * width + Math.floor(at / outputs)] = values[at]!
  }
  return convolution(use, [outputs, 1, height, width], kernel, inputs)
}

function convolution(
  use: LayerUse,
  shape: readonly number[],
  kernel: Float32Array,
  group: number,
): GraphValue {
  assertChannelsLast(use)
  const { graph, name, config } = use
  const image = graph.image(use.inputs[0]!)
  const names = [image.name, graph.floats(`${name}_kernel`, shape, kernel)]
  const bias = use.weights[1]
  if (bias !== undefined) names.push(graph.floats(`${name}_bias`, bias.shape, bias.values))
  const dilations = pair(config['dilationRate'] ?? 1)
  const output = graph.node('Conv', names, bareName(use), {
    kernel_shape: { integers: shape.slice(2) },
    dilations: { integers: dilations },
    group: { integer: group },
    ...windowAttributes(use, image, shape.slice(2), dilations),
  })
  return activated(use, { name: output, shape: use.outputShape, channelsFirst: true })
}

/** MaxPooling2D. */
export function maxPooling2d(use: LayerUse): GraphValue {
  return pooling(use, 'MaxPool', {})
}

/** AveragePooling2D: a border that padding adds does not count in the means. */
export function averagePooling2d(use: LayerUse): GraphValue {
  return pooling(use, 'AveragePool', { count_include_pad: { integer: 0 } })
}

function pooling(
  use: LayerUse,
  operator: string,
  further: Readonly<Record<string, AttributeValue>>,
): GraphValue {
  assertChannelsLast(use)
  const image = use.graph.image(use.inputs[0]!)
  const size = pair(use.config['poolSize'])
  const name = use.graph.node(operator, [image.name], use.name, {
    kernel_shape: { integers: size },
    ...windowAttributes(use, image, size, [1, 1]),
    ...further,
  })
  return { name, shape: use.outputShape, channelsFirst: true }
}

/** Strides, and the border that TensorFlow adds: for 'same' as little before as after, or one less. */
function windowAttributes(
  { name, config }: LayerUse,
  image: GraphValue,
  kernel: readonly number[],
  dilations: readonly number[],
): Record<string, AttributeValue> {
  const strides = pair(config['strides'] ?? 1)
  const padding = (config['padding'] ?? 'valid') as string
  if (padding !== 'valid' && padding !== 'same')
    throw layerError(name, "have padding 'valid' or 'same'", padding)
  if (padding === 'valid') return { strides: { integers: strides } }
  const total = imageSize(image, name).map((length, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]! + 1
    return Math.max((Math.ceil(length / strides[axis]!) - 1) * strides[axis]! + reach - length, 0)
  })
  const before = total.map((border) => Math.floor(border / 2))
  const pads = [...before, ...total.map((border, axis) => border - before[axis]!)]
  return { strides: { integers: strides }, pads: { integers: pads } }
}

/** One number stands for height and width. */
function pair(value: unknown): readonly number[] {
  return typeof value === 'number' ? [value, value] : (value as readonly number[])
}
