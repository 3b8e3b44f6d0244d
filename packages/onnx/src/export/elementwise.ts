import { addActivation } from './activations.js'
import type { GraphValue } from './graph-builder.js'
import { activated, bareName, channelAxis, graphAxis, layerError, type LayerUse } from './layer.js'

/** Dense: a Gemm for [N, D], else a product along the last axis. */
export function dense(use: LayerUse): GraphValue {
  const { graph, name } = use
  const value = graph.plain(use.inputs[0]!)
  const [kernel, bias] = use.weights as [LayerUse['weights'][0], LayerUse['weights'][0] | undefined]
  const kernelName = graph.floats(`${name}_kernel`, kernel.shape, kernel.values)
  const biasNames = bias === undefined ? [] : [graph.floats(`${name}_bias`, bias.shape, bias.values)]
  let output: string
  if (value.shape.length === 2)
    output = graph.node('Gemm', [value.name, kernelName, ...biasNames], bareName(use))
  else {
    const product = biasNames.length === 0 ? bareName(use) : `${name}_product`
    output = graph.node('MatMul', [value.name, kernelName], product)
    if (biasNames.length > 0) output = graph.node('Add', [output, ...biasNames], bareName(use))
  }
  return activated(use, { name: output, shape: use.outputShape, channelsFirst: false })
}

/** Activation, and the layers ReLU and Softmax, which are activations with options. */
export function activation(use: LayerUse): GraphValue {
  return activated(use, asImage(use))
}

/** ReLU, with its greatest value where it has one. */
export function relu(use: LayerUse): GraphValue {
  const { graph, name, config } = use
  const value = asImage(use)
  const greatest = config['maxValue']
  if (typeof greatest !== 'number') return { ...value, name: graph.node('Relu', [value.name], name) }
  const [zero, limit] = [0, greatest].map((bound) => graph.floats(`${name}_bound`, [], [bound]))
  return { ...value, name: graph.node('Clip', [value.name, zero!, limit!], name) }
}

/** LeakyReLU. */
export function leakyRelu(use: LayerUse): GraphValue {
  const value = asImage(use)
  const alpha = { float: Number(use.config['alpha'] ?? 0.3) }
  return { ...value, name: use.graph.node('LeakyRelu', [value.name], use.name, { alpha }) }
}

/** Softmax along the axis of its configuration. */
export function softmax(use: LayerUse): GraphValue {
  const value = asImage(use)
  const axis = graphAxis(Number(use.config['axis'] ?? -1), value)
  const place = { graph: use.graph, input: value.name, name: use.name, channelAxis: axis }
  return { ...value, name: addActivation('softmax', use.name, place) }
}

/** BatchNormalization with its averages: gamma · (x - mean) / sqrt(variance + epsilon) + beta along the channels. */
export function batchNormalization(use: LayerUse): GraphValue {
  const { graph, name, config } = use
  const value = asImage(use)
  const axis = graphAxis(Number(config['axis'] ?? -1), value)
  if (axis !== channelAxis(value))
    throw layerError(name, 'normalise the last axis', `axis ${String(config['axis'])}`)
  const weights = [...use.weights]
  const channels = value.shape.at(-1)!
  const ones = new Float32Array(channels).fill(1)
  const gamma = config['scale'] === false ? ones : weights.shift()!.values
  const beta = config['center'] === false ? new Float32Array(channels) : weights.shift()!.values
  const [mean, variance] = weights.map((weight) => weight.values) as [Float32Array, Float32Array]
  const epsilon = Number(config['epsilon'])
  if (axis === 1) {
    const parts = { gamma, beta, mean, variance }
    const names = Object.entries(parts).map(([part, values]) =>
      graph.floats(`${name}_${part}`, [channels], values),
    )
    const attributes = { epsilon: { float: epsilon } }
    return { ...value, name: graph.node('BatchNormalization', [value.name, ...names], name, attributes) }
  }
  // ONNX normalises axis 1 alone, so that other ranks get a factor and a summand.
  const factor = gamma.map((scale, channel) => scale / Math.sqrt(variance[channel]! + epsilon))
  const summand = beta.map((shift, channel) => shift - mean[channel]! * factor[channel]!)
  const scaled = graph.node(
    'Mul',
    [value.name, graph.floats(`${name}_factor`, [channels], factor)],
    `${name}_scaled`,
  )
  return {
    ...value,
    name: graph.node('Add', [scaled, graph.floats(`${name}_summand`, [channels], summand)], name),
  }
}

/** Add. */
export function add(use: LayerUse): GraphValue {
  return merged(use, 'Add')
}

/** Multiply. */
export function multiply(use: LayerUse): GraphValue {
  return merged(use, 'Mul')
}

/** GlobalAveragePooling2D. */
export function globalAveragePooling2d(use: LayerUse): GraphValue {
  return global(use, 'GlobalAveragePool')
}

/** GlobalMaxPooling2D. */
export function globalMaxPooling2d(use: LayerUse): GraphValue {
  return global(use, 'GlobalMaxPool')
}

function global({ graph, name, config, inputs, outputShape }: LayerUse, operator: string): GraphValue {
  if (config['dataFormat'] === 'channelsFirst')
    throw layerError(name, 'have its channels last', 'channelsFirst')
  const pooled = graph.node(operator, [graph.image(inputs[0]!).name], `${name}_pooled`)
  return { name: graph.node('Flatten', [pooled], name), shape: outputShape, channelsFirst: false }
}

function merged({ graph, name, inputs, outputShape }: LayerUse, operator: string): GraphValue {
  const ranks = inputs.map(({ shape }) => shape.length)
  if (new Set(ranks).size > 1)
    throw layerError(name, 'merge tensors of one rank', `ranks ${ranks.join(', ')}`)
  const values = ranks[0] === 4 ? inputs.map((input) => graph.image(input)) : inputs
  let sum = values[0]!.name
  for (const [index, value] of values.slice(1).entries()) {
    sum = graph.node(operator, [sum, value.name], index === values.length - 2 ? name : `${name}_part`)
  }
  return { name: sum, shape: outputShape, channelsFirst: values[0]!.channelsFirst }
}

/** Images are worked on channels first. */
function asImage({ graph, inputs }: LayerUse): GraphValue {
  return inputs[0]!.shape.length === 4 ? graph.image(inputs[0]!) : inputs[0]!
}
