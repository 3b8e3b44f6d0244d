import type { OnnxModel, OnnxValue } from './file/onnx-model.js'
import { readOnnx } from './file/read-onnx.js'

/** What {@link describeOnnx} finds in a file. */
export interface OnnxDescription {
  /** The inputs, without the weights. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** Names of the tensors that nodes compute, in the order of the graph. Each can be made an output. */
  readonly tensors: readonly string[]
  /** The input of the last Gemm or MatMul. It is undefined where there is none. */
  readonly penultimate: string | undefined
  /** The tensor that goes into the Softmax from which the first output comes, which is the logits; undefined where there is none. */
  readonly beforeSoftmax: string | undefined
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>
  /** The version of the operators. */
  readonly opset: number
}

/**
 * Says what an ONNX file computes, without a runtime.
 *
 * @param bytes - the whole file. It may come from anywhere: what is wrong with it is an error, and nothing outside of it is read.
 * @returns inputs, outputs and inner tensors
 * @throws {@link KdError} for a file that is cut, cyclic, too large, or keeps data outside of itself
 *
 * @example
 * ```ts
 * import { selectEngine } from '@kd/core'
 * import { mlp } from '@kd/models'
 * import { describeOnnx, exportOnnx } from '@kd/onnx'
 *
 * await selectEngine('cpu')
 * const file = await exportOnnx(mlp({ inputShape: [4], hiddenUnits: [8], classes: 2 }))
 * console.log(describeOnnx(file).penultimate) // features
 * ```
 */
export function describeOnnx(bytes: Uint8Array): OnnxDescription {
  return descriptionOf(readOnnx(bytes))
}

/** Says what a model computes that was read already. */
export function descriptionOf(model: OnnxModel): OnnxDescription {
  const weights = new Set(model.tensors.map(({ name }) => name))
  const last = model.nodes.findLast(({ operator }) => operator === 'Gemm' || operator === 'MatMul')
  const final = model.nodes.find(({ outputs }) => outputs.includes(model.outputs[0]?.name ?? ''))
  return {
    inputs: model.inputs.filter(({ name }) => !weights.has(name)),
    outputs: model.outputs,
    tensors: model.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== '')),
    penultimate: last?.inputs[0],
    beforeSoftmax: final?.operator === 'Softmax' ? final.inputs[0] : undefined,
    metadata: model.metadata,
    opset: model.opset,
  }
}
