import type { OnnxModel, OnnxNode, OnnxTensor } from '../file/onnx-model.js'
import { floatOf } from '../file/read-onnx.js'
import { floatsOf, floatTensor } from '../file/write-onnx.js'

/**
 * Folds batch normalisation into the convolution before it, where nothing else reads the convolution's output:
 * kernel · f and (bias - mean) · f + beta, with f = gamma / sqrt(variance + epsilon) of each output channel.
 */
export function foldBatchNormalization(model: OnnxModel): OnnxModel {
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]))
  const uses = new Map<string, number>()
  const read = [...model.nodes.flatMap(({ inputs }) => inputs), ...model.outputs.map(({ name }) => name)]
  for (const name of read) uses.set(name, (uses.get(name) ?? 0) + 1)
  const givers = new Map(model.nodes.map((node) => [node.outputs[0], node]))
  const folded = new Map<OnnxNode, OnnxNode>()
  const gone = new Set<OnnxNode>()
  const dropped = new Set<string>()
  for (const node of model.nodes) {
    if (node.operator !== 'BatchNormalization') continue
    const convolution = givers.get(node.inputs[0])
    const parts = node.inputs.slice(1).map((name) => tensors.get(name))
    const kernel = tensors.get(convolution?.inputs[1] ?? '')
    const biasName = convolution?.inputs[2] ?? ''
    const bias = tensors.get(biasName)
    if (convolution?.operator !== 'Conv' || kernel === undefined || parts.includes(undefined)) continue
    if (
      uses.get(convolution.outputs[0]!) !== 1 ||
      uses.get(kernel.name) !== 1 ||
      (biasName !== '' && bias === undefined)
    )
      continue
    const [gamma, beta, mean, variance] = parts.map((tensor): Float32Array => floatsOf(tensor!))
    const epsilon = floatOf(node, 'epsilon', 1e-5)
    const factors = Float64Array.from(
      gamma!,
      (scale, channel) => scale / Math.sqrt(variance![channel]! + epsilon),
    )
    const before = bias === undefined ? new Float32Array(factors.length) : floatsOf(bias)
    const summands = factors.map(
      (factor, channel) => (before[channel]! - mean![channel]!) * factor + beta![channel]!,
    )
    const size = kernel.data.length / 4 / factors.length
    const scaled = floatsOf(kernel).map((weight, index) => weight * factors[Math.floor(index / size)]!)
    tensors.set(kernel.name, floatTensor(kernel.name, kernel.shape, scaled))
    const newBias = `${node.outputs[0]!}_folded_bias`
    tensors.set(newBias, floatTensor(newBias, [factors.length], summands))
    for (const name of [...node.inputs.slice(1), biasName]) if (uses.get(name) === 1) dropped.add(name)
    folded.set(convolution, {
      ...convolution,
      inputs: [convolution.inputs[0]!, kernel.name, newBias],
      outputs: [node.outputs[0]!],
    })
    gone.add(node)
  }
  const kept = [...tensors.values()].filter(({ name }: OnnxTensor) => !dropped.has(name))
  return {
    ...model,
    inputs: model.inputs.filter(({ name }) => !dropped.has(name)),
    tensors: kept,
    nodes: model.nodes.filter((node) => !gone.has(node)).map((node) => folded.get(node) ?? node),
  }
}
