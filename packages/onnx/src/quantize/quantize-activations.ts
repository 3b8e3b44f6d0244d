import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../file/onnx-model.js'
import { attribute, floatsOf, floatTensor } from '../file/write-onnx.js'
import type { Range } from './calibrate.js'
import { kernelsOf, nodeOf } from './kernels.js'
import { wholeKernel } from './weights.js'

/**
 * Puts QuantizeLinear and DequantizeLinear behind each tensor of `ranges` and makes integers of the kernels, which runtimes
 * then compute with. Biases of convolutions become int32 of scale = input's scale · kernel's scale.
 */
export function quantizeActivations(model: OnnxModel, ranges: ReadonlyMap<string, Range>): OnnxModel {
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]))
  const before: OnnxNode[] = []
  const renamed = new Map<string, string>()
  const scales = new Map<string, number>()
  const kernelScales = new Map<string, Float32Array>()
  const keep = (...added: readonly OnnxTensor[]): void => {
    for (const tensor of added) tensors.set(tensor.name, tensor)
  }
  for (const [name, kernel] of kernelsOf(model)) {
    const whole = wholeKernel(kernel)
    tensors.delete(name)
    keep(...whole.tensors)
    before.push(whole.node)
    renamed.set(name, whole.node.outputs[0]!)
    kernelScales.set(name, whole.scales)
  }
  const roundingOf = (name: string): readonly OnnxNode[] => {
    const range = ranges.get(name)
    if (range === undefined) return []
    const rounded = roundedTensor(name, range)
    scales.set(name, rounded.scale)
    keep(...rounded.tensors)
    renamed.set(name, `${name}_rounded`)
    return rounded.nodes
  }
  const nodes = model.inputs.flatMap(({ name }) => roundingOf(name))
  for (const node of model.nodes) {
    let inputs = node.inputs.map((name) => renamed.get(name) ?? name)
    const bias = tensors.get(node.inputs[2] ?? '')
    const inputScale = scales.get(node.inputs[0]!)
    const kernelScale = kernelScales.get(node.inputs[1] ?? '')
    if (
      node.operator === 'Conv' &&
      bias !== undefined &&
      inputScale !== undefined &&
      kernelScale !== undefined
    ) {
      const whole = wholeBias(bias, node.outputs[0]!, kernelScale, inputScale)
      keep(...whole.tensors)
      nodes.push(whole.node)
      inputs = [inputs[0]!, inputs[1]!, whole.node.outputs[0]!]
    }
    nodes.push({ ...node, inputs })
    for (const output of node.outputs) nodes.push(...roundingOf(output))
  }
  const used = new Set([...before, ...nodes].flatMap(({ inputs }) => inputs))
  return {
    ...model,
    inputs: model.inputs.filter(({ name }) => used.has(name)),
    tensors: [...tensors.values()].filter(({ name }) => used.has(name)),
    nodes: [...before, ...nodes],
  }
}

/** The two nodes that round a tensor, with their constants. */
function roundedTensor(
  name: string,
  range: Range,
): { scale: number; tensors: readonly OnnxTensor[]; nodes: readonly OnnxNode[] } {
  const { scale, zeroPoint } = rounding(range)
  const parts = [`${name}_scale`, `${name}_zero`]
  const zero = {
    name: parts[1]!,
    shape: [],
    elementType: elementTypes.int8,
    data: Uint8Array.of(zeroPoint & 255),
  }
  return {
    scale,
    tensors: [floatTensor(parts[0]!, [], [scale]), zero],
    nodes: [
      nodeOf('QuantizeLinear', [name, ...parts], `${name}_int8`),
      nodeOf('DequantizeLinear', [`${name}_int8`, ...parts], `${name}_rounded`),
    ],
  }
}

/** x = scale · (q - zeroPoint) with q in [-128, 127]; 0 is one of the values. */
function rounding({ least, greatest }: Range): { scale: number; zeroPoint: number } {
  const scale = Math.fround(Math.max((greatest - least) / 255, 1e-30))
  return { scale, zeroPoint: Math.max(-128, Math.min(127, Math.round(-128 - least / scale))) }
}

function wholeBias(
  bias: OnnxTensor,
  layer: string,
  kernelScale: Float32Array,
  inputScale: number,
): { tensors: readonly OnnxTensor[]; node: OnnxNode } {
  const channels = kernelScale.length
  const scales = kernelScale.map((scale) => Math.max(scale * inputScale, 1e-37))
  const data = new Uint8Array(channels * 4)
  const view = new DataView(data.buffer)
  for (const [channel, value] of floatsOf(bias).entries()) {
    const limited = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(value / scales[channel]!)))
    view.setInt32(channel * 4, limited, true)
  }
  const name = `${layer}_bias`
  return {
    tensors: [
      { name: `${name}_int32`, shape: [channels], elementType: elementTypes.int32, data },
      floatTensor(`${name}_int32_scale`, [channels], scales),
    ],
    node: nodeOf('DequantizeLinear', [`${name}_int32`, `${name}_int32_scale`], `${name}_int32_float`, [
      attribute('axis', { integer: 0 }),
    ]),
  }
}
