import {
  elementTypes,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-model.js'
import { MessageWriter } from './protobuf.js'

/** The value of an attribute that {@link attribute} writes. */
export type AttributeValue =
  { readonly integer: number } | { readonly integers: readonly number[] } | { readonly float: number }

/** Makes an attribute of a node. */
export function attribute(name: string, value: AttributeValue): OnnxAttribute {
  const message = new MessageWriter().bytes(1, name)
  if ('integer' in value) message.integer(3, value.integer).integer(20, 2)
  else if ('float' in value) message.float(2, value.float).integer(20, 1)
  else {
    for (const integer of value.integers) message.integer(8, integer)
    message.integer(20, 7)
  }
  return { name, message: message.finish() }
}

/** Makes a constant of floats. */
export function floatTensor(name: string, shape: readonly number[], values: ArrayLike<number>): OnnxTensor {
  const data = new Uint8Array(values.length * 4)
  const view = new DataView(data.buffer)
  for (let index = 0; index < values.length; index++) view.setFloat32(index * 4, values[index]!, true)
  return { name, shape, elementType: elementTypes.float, data }
}

/** Makes a constant of int64, one axis long. */
export function integerTensor(name: string, values: readonly number[]): OnnxTensor {
  const data = new Uint8Array(values.length * 8)
  const view = new DataView(data.buffer)
  for (const [index, value] of values.entries()) view.setBigInt64(index * 8, BigInt(value), true)
  return { name, shape: [values.length], elementType: elementTypes.int64, data }
}

/** Reads a constant of floats. */
export function floatsOf({ data }: OnnxTensor): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Float32Array.from({ length: data.length / 4 }, (_, index) => view.getFloat32(index * 4, true))
}

/** Gives the bytes of a model file. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const graph = new MessageWriter()
  for (const node of model.nodes) {
    const message = new MessageWriter()
    for (const input of node.inputs) message.bytes(1, input)
    for (const output of node.outputs) message.bytes(2, output)
    message.bytes(3, node.name).bytes(4, node.operator)
    for (const { message: bytes } of node.attributes) message.bytes(5, bytes)
    graph.bytes(1, message)
  }
  graph.bytes(2, 'graph')
  for (const { name, shape, elementType, data } of model.tensors) {
    const message = new MessageWriter()
    for (const size of shape) message.integer(1, size)
    graph.bytes(5, message.integer(2, elementType).bytes(8, name).bytes(9, data))
  }
  for (const input of model.inputs) graph.bytes(11, valueMessage(input))
  for (const output of model.outputs) graph.bytes(12, valueMessage(output))
  const file = new MessageWriter().integer(1, model.irVersion).bytes(2, '@kd/onnx').bytes(7, graph)
  file.bytes(8, new MessageWriter().bytes(1, '').integer(2, model.opset))
  for (const [key, value] of Object.entries(model.metadata)) {
    file.bytes(14, new MessageWriter().bytes(1, key).bytes(2, value))
  }
  return file.finish()
}

function valueMessage({ name, elementType, shape }: OnnxValue): MessageWriter {
  const tensor = new MessageWriter().integer(1, elementType)
  if (shape !== undefined) {
    const axes = new MessageWriter()
    for (const [index, size] of shape.entries()) {
      // The first free axis is the batch; others get names of their own.
      axes.bytes(
        1,
        size === null
          ? new MessageWriter().bytes(2, index === 0 ? 'N' : `${name}_${index}`)
          : new MessageWriter().integer(1, size),
      )
    }
    tensor.bytes(2, axes)
  }
  return new MessageWriter().bytes(1, name).bytes(2, new MessageWriter().bytes(1, tensor))
}
