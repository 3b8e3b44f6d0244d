import type { OnnxModel } from './onnx-model.js'
import { fileError } from './protobuf.js'

/**
 * Checks what ONNX asks of a graph: nodes stand in an order in which each reads only what is there already, and no two give
 * the same tensor. So a graph that passes has no circle.
 *
 * @throws KdError that names the node and the tensor
 */
export function assertAcyclic({
  nodes,
  tensors,
  inputs,
  outputs,
}: Pick<OnnxModel, 'nodes' | 'tensors' | 'inputs' | 'outputs'>): void {
  const known = new Set([...inputs, ...tensors].map(({ name }) => name))
  for (const [index, node] of nodes.entries()) {
    const name = `node ${index} (${node.operator})`
    for (const input of node.inputs) {
      if (input !== '' && !known.has(input)) {
        throw fileError('must have nodes that read only earlier tensors', `${name}, which reads ${input}`)
      }
    }
    for (const output of node.outputs) {
      if (output === '') continue
      if (known.has(output)) throw fileError('must name each tensor once', `${output} again, in ${name}`)
      known.add(output)
    }
  }
  for (const output of outputs) {
    if (!known.has(output.name))
      throw fileError('must compute its outputs', `the output ${output.name}, which no node gives`)
  }
}
