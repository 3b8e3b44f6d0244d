/** Numbers of ONNX's element types that this package writes. */
export const elementTypes = { float: 1, int8: 3, int32: 6, int64: 7, float16: 10 } as const

/** Bytes of one element, by the number of its type; strings and types of less than a byte are not in it. */
export const elementSizes: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  14: 8,
  15: 16,
  16: 2,
  17: 1,
  18: 1,
  19: 1,
  20: 1,
}

/** A constant of the graph, for example a weight. */
export interface OnnxTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly elementType: number
  /** The elements, little endian. */
  readonly data: Uint8Array
}

/** An attribute of a node: its name, and the AttributeProto as it stands in the file. */
export interface OnnxAttribute {
  readonly name: string
  readonly message: Uint8Array
}

/** One operation of the graph. An empty input name means that an optional input is absent. */
export interface OnnxNode {
  readonly operator: string
  readonly name: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: readonly OnnxAttribute[]
}

/** An input or output of the graph. An axis is a number, or null where it is free. */
export interface OnnxValue {
  readonly name: string
  readonly elementType: number
  /** It is undefined where the file does not say it. */
  readonly shape: readonly (number | null)[] | undefined
}

/** What a model file holds. */
export interface OnnxModel {
  readonly irVersion: number
  /** The version of the standard operators. */
  readonly opset: number
  readonly metadata: Readonly<Record<string, string>>
  readonly nodes: readonly OnnxNode[]
  readonly tensors: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** Whether it has functions of its own or operators of another domain. They are read, but not written again. */
  readonly custom: boolean
}
