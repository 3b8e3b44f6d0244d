import { assertAcyclic } from './assert-acyclic.js'
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.js'
import { fields, fileError, packedVarints, readText } from './protobuf.js'
import { refuseExternalData, readTensor } from './read-tensor.js'

/** More than the largest networks have, and few enough that reading takes no noticeable time. */
const MOST_NODES = 100_000
/** Graphs within attributes, as loops and branches have them. */
const DEEPEST_GRAPH = 16

interface Parts {
  readonly nodes: OnnxNode[]
  readonly tensors: OnnxTensor[]
  readonly inputs: OnnxValue[]
  readonly outputs: OnnxValue[]
}

/**
 * Reads a model file, which may come from anywhere. Whatever is wrong with it is an error, and nothing outside of it is read.
 *
 * @param bytes - the whole file
 * @returns its graph, without a copy of the weights
 * @throws KdError for a file that is cut, cyclic, too large, or keeps data outside of itself
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const metadata: Record<string, string> = {}
  const parts: Parts = { nodes: [], tensors: [], inputs: [], outputs: [] }
  const count = { nodes: 0 }
  let [irVersion, opset, graphs, custom] = [0, 0, 0, false]
  for (const field of fields(bytes)) {
    if (field.number === 1) irVersion = field.value
    else if (field.number === 7) {
      graphs++
      readGraph(field.bytes, parts, count, 0)
    } else if (field.number === 8) {
      const { domain, version } = readOperatorSet(field.bytes)
      if (domain === '' || domain === 'ai.onnx') opset = version
    } else if (field.number === 14) {
      const [key, value] = readPair(field.bytes)
      Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true, writable: true })
    } else if (field.number === 20) throw fileError('must be a model for inference', 'training information')
    else if (field.number === 25) {
      custom = true
      readFunction(field.bytes, count)
    }
  }
  if (graphs === 0) throw fileError('must be an ONNX model', `${bytes.length} bytes without a graph`)
  if (irVersion < 3) throw fileError('must have a version of at least 3', String(irVersion))
  if (opset < 1) throw fileError('must say the version of its operators', String(opset))
  assertAcyclic(parts)
  custom ||= parts.nodes.some((node) => node.domain !== '' && node.domain !== 'ai.onnx')
  return { irVersion, opset, metadata, ...parts, custom }
}

function readGraph(bytes: Uint8Array, parts: Parts, count: { nodes: number }, depth: number): void {
  if (depth > DEEPEST_GRAPH) throw fileError(`must nest at most ${DEEPEST_GRAPH} graphs`, 'more')
  for (const field of fields(bytes)) {
    if (field.number === 1) parts.nodes.push(readNode(field.bytes, count, depth))
    else if (field.number === 5) parts.tensors.push(readTensor(field.bytes))
    else if (field.number === 11) parts.inputs.push(readValue(field.bytes))
    else if (field.number === 12) parts.outputs.push(readValue(field.bytes))
    else if (field.number === 15) throw fileError('must have dense weights', 'sparse ones')
  }
}

function readFunction(bytes: Uint8Array, count: { nodes: number }): void {
  for (const field of fields(bytes)) if (field.number === 7) readNode(field.bytes, count, 0)
}

function readNode(bytes: Uint8Array, count: { nodes: number }, depth: number): OnnxNode {
  if (++count.nodes > MOST_NODES) throw fileError(`must have at most ${MOST_NODES} nodes`, 'more')
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: OnnxAttribute[] = []
  let [name, operator, domain] = ['', '', '']
  for (const field of fields(bytes)) {
    if (field.number === 1) inputs.push(readText(field.bytes))
    else if (field.number === 2) outputs.push(readText(field.bytes))
    else if (field.number === 3) name = readText(field.bytes)
    else if (field.number === 4) operator = readText(field.bytes)
    else if (field.number === 7) domain = readText(field.bytes)
    else if (field.number === 5) attributes.push(readAttribute(field.bytes, count, depth))
  }
  return { name, operator, domain, inputs, outputs, attributes }
}

function readAttribute(message: Uint8Array, count: { nodes: number }, depth: number): OnnxAttribute {
  let name = ''
  for (const field of fields(message)) {
    if (field.number === 1) name = readText(field.bytes)
    else if (field.number === 5 || field.number === 10) readTensor(field.bytes)
    else if (field.number === 6 || field.number === 11) {
      readGraph(field.bytes, { nodes: [], tensors: [], inputs: [], outputs: [] }, count, depth + 1)
    } else if (field.number === 22 || field.number === 23) {
      for (const part of fields(field.bytes)) if (part.number <= 2) refuseExternalData(part.bytes)
    }
  }
  return { name, message }
}

function readValue(bytes: Uint8Array): OnnxValue {
  let [name, elementType] = ['', 0]
  let shape: (number | null)[] | undefined
  for (const field of fields(bytes)) {
    if (field.number === 1) name = readText(field.bytes)
    if (field.number !== 2) continue
    for (const type of fields(field.bytes)) {
      if (type.number !== 1) continue
      for (const part of fields(type.bytes)) {
        if (part.number === 1) elementType = part.value
        else if (part.number === 2) {
          shape = [...fields(part.bytes)]
            .filter((axis) => axis.number === 1)
            .map((axis) => readAxis(axis.bytes))
        }
      }
    }
  }
  return { name, elementType, shape }
}

function readAxis(bytes: Uint8Array): number | null {
  let size: number | null = null
  for (const field of fields(bytes)) {
    if (field.number === 2) readText(field.bytes)
    if (field.number === 1) size = field.value
  }
  if (size !== null && (size < 0 || size >= 2 ** 31))
    throw fileError('must have axes of less than 2^31', String(size))
  return size
}

function readOperatorSet(bytes: Uint8Array): { domain: string; version: number } {
  let [domain, version] = ['', 0]
  for (const field of fields(bytes)) {
    if (field.number === 1) domain = readText(field.bytes)
    else if (field.number === 2) version = field.value
  }
  return { domain, version }
}

function readPair(bytes: Uint8Array): [key: string, value: string] {
  let [key, value] = ['', '']
  for (const field of fields(bytes)) {
    if (field.number === 1) key = readText(field.bytes)
    // A value may have several lines. It is data, not a name.
    else if (field.number === 2) value = new TextDecoder().decode(field.bytes)
  }
  return [key, value]
}

/** Reads an attribute of integers: a list, one number, or nothing where the node does not have it. */
export function integersOf(node: OnnxNode, name: string): number[] {
  const attribute = node.attributes.find((candidate) => candidate.name === name)
  if (attribute === undefined) return []
  const numbers: number[] = []
  for (const field of fields(attribute.message)) {
    if (field.number === 3) numbers.push(field.value)
    else if (field.number === 8) {
      if (field.bytes.length === 0) numbers.push(field.value)
      else numbers.push(...packedVarints(field.bytes))
    }
  }
  return numbers
}

/** Reads an attribute that is one float. */
export function floatOf(node: OnnxNode, name: string, byDefault: number): number {
  const attribute = node.attributes.find((candidate) => candidate.name === name)
  if (attribute === undefined) return byDefault
  for (const { number, bytes } of fields(attribute.message)) {
    if (number === 2 && bytes.length === 4)
      return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true)
  }
  return byDefault
}
