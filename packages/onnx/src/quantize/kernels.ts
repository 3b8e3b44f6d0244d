import { InvalidArgumentError } from '@kd/core'
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../file/onnx-model.js'
import { integersOf } from '../file/read-onnx.js'

/** Operators with a kernel of weights as their second input. */
const withKernel = new Set(['Conv', 'Gemm', 'MatMul'])

/** A kernel of weights, and the axis of its output channels. */
export interface Kernel {
  readonly tensor: OnnxTensor
  readonly axis: number
}

/** The constant kernels of floats by name. One that two nodes use along different axes is left out. */
export function kernelsOf(model: OnnxModel): ReadonlyMap<string, Kernel> {
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]))
  const kernels = new Map<string, Kernel>()
  const conflicting = new Set<string>()
  for (const node of model.nodes) {
    const tensor = tensors.get(node.inputs[1] ?? '')
    if (
      !withKernel.has(node.operator) ||
      tensor?.elementType !== elementTypes.float ||
      tensor.shape.length < 2
    )
      continue
    const axis = channelAxis(node, tensor)
    if ((kernels.get(tensor.name)?.axis ?? axis) !== axis) conflicting.add(tensor.name)
    kernels.set(tensor.name, { tensor, axis })
  }
  for (const name of conflicting) kernels.delete(name)
  if (kernels.size === 0) {
    throw new InvalidArgumentError('quantizeOnnx: file must have kernels of floats as constants, got none')
  }
  return kernels
}

function channelAxis(node: OnnxNode, { shape }: OnnxTensor): number {
  if (node.operator === 'Conv') return 0
  if (node.operator === 'Gemm') return integersOf(node, 'transB')[0] === 1 ? 0 : 1
  return shape.length - 1
}

/** Puts nodes before all others, which then read their outputs instead of the tensors that `renamed` maps. */
export function withPrologue(
  model: OnnxModel,
  nodes: readonly OnnxNode[],
  tensors: readonly OnnxTensor[],
  renamed: ReadonlyMap<string, string>,
): OnnxModel {
  const replaced = new Set(renamed.keys())
  return {
    ...model,
    // Files of old exporters list weights as inputs, which these are no longer.
    inputs: model.inputs.filter(({ name }) => !replaced.has(name)),
    tensors: [...model.tensors.filter(({ name }) => !replaced.has(name)), ...tensors],
    nodes: [
      ...nodes,
      ...model.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((name) => renamed.get(name) ?? name),
      })),
    ],
  }
}

/** Makes a node with one output. */
export function nodeOf(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = [],
): OnnxNode {
  return { operator, name: output, domain: '', inputs, outputs: [output], attributes }
}
