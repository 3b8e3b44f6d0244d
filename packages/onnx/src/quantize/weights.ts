import { InvalidArgumentError } from '@kd/core'
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../file/onnx-model.js'
import { attribute, floatsOf, floatTensor } from '../file/write-onnx.js'
import { halfFloat } from './half-float.js'
import { kernelsOf, nodeOf, withPrologue, type Kernel } from './kernels.js'

/** Keeps kernels as half precision numbers, and casts them where they are used. */
export function halfWeights(model: OnnxModel): OnnxModel {
  const nodes: OnnxNode[] = []
  const tensors: OnnxTensor[] = []
  const renamed = new Map<string, string>()
  for (const [name, { tensor }] of kernelsOf(model)) {
    const data = new Uint8Array(tensor.data.length / 2)
    const view = new DataView(data.buffer)
    for (const [index, value] of floatsOf(tensor).entries()) {
      if (!(Math.abs(value) < 65_520)) throw weightError(name, 'fit into half precision', value)
      view.setUint16(index * 2, halfFloat(value), true)
    }
    tensors.push({ name: `${name}_half`, shape: tensor.shape, elementType: elementTypes.float16, data })
    const to = attribute('to', { integer: elementTypes.float })
    nodes.push(nodeOf('Cast', [`${name}_half`], `${name}_float`, [to]))
    renamed.set(name, `${name}_float`)
  }
  return withPrologue(model, nodes, tensors, renamed)
}

/** Keeps kernels as integers, with a scale for each output channel. */
export function wholeWeights(model: OnnxModel): OnnxModel {
  const nodes: OnnxNode[] = []
  const tensors: OnnxTensor[] = []
  const renamed = new Map<string, string>()
  for (const [name, kernel] of kernelsOf(model)) {
    const whole = wholeKernel(kernel)
    tensors.push(...whole.tensors)
    nodes.push(whole.node)
    renamed.set(name, whole.node.outputs[0]!)
  }
  return withPrologue(model, nodes, tensors, renamed)
}

/** A kernel of integers, and the node that makes floats of it. */
export interface WholeKernel {
  readonly tensors: readonly OnnxTensor[]
  readonly node: OnnxNode
  /** max |w| / 127 of each output channel. */
  readonly scales: Float32Array
}

/** Rounds a kernel: q = round(w / scale) with scale = max |w| / 127 of each output channel. */
export function wholeKernel({ tensor, axis }: Kernel): WholeKernel {
  const { name, shape } = tensor
  const values = floatsOf(tensor)
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  const channels = shape[axis]!
  const channelOf = (index: number): number => Math.floor(index / inner) % channels
  const scales = new Float32Array(channels)
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) throw weightError(name, 'be finite', value)
    const channel = channelOf(index)
    scales[channel] = Math.max(scales[channel]!, Math.abs(value) / 127)
  }
  // A channel of zeros needs some scale; so does one whose scale would be no normal number.
  for (const [channel, scale] of scales.entries()) scales[channel] = Math.max(scale, 1e-30)
  const data = new Uint8Array(values.length)
  const view = new Int8Array(data.buffer)
  for (const [index, value] of values.entries()) view[index] = Math.round(value / scales[channelOf(index)]!)
  return {
    scales,
    tensors: [
      { name: `${name}_int8`, shape, elementType: elementTypes.int8, data },
      floatTensor(`${name}_scale`, [channels], scales),
      {
        name: `${name}_zero`,
        shape: [channels],
        elementType: elementTypes.int8,
        data: new Uint8Array(channels),
      },
    ],
    node: nodeOf('DequantizeLinear', [`${name}_int8`, `${name}_scale`, `${name}_zero`], `${name}_float`, [
      attribute('axis', { integer: axis }),
    ]),
  }
}

function weightError(name: string, rule: string, value: number): InvalidArgumentError {
  return new InvalidArgumentError(`quantizeOnnx: weights of ${name} must ${rule}, got ${value}`)
}
