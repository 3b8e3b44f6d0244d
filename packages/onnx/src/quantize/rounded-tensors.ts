import type { OnnxModel, OnnxNode } from '../file/onnx-model.js'

/** Operators that a runtime computes in integers. Of those with a kernel the other inputs are constants. */
const inIntegers = new Set([
  'Conv',
  'Gemm',
  'MatMul',
  'Add',
  'GlobalAveragePool',
  'MaxPool',
  'AveragePool',
  'Concat',
])

/** Activations that a runtime computes together with what they follow. */
const fused = new Set(['Relu', 'Clip'])

/** Whether a node is computed in integers. */
function isInIntegers({ operator }: OnnxNode): boolean {
  return inIntegers.has(operator)
}

/**
 * Finds the tensors that are rounded: inputs and outputs of what is computed in integers. The input of a ReLU that alone reads it
 * is left out, since the runtime computes both at once. So are outputs of the graph, which nobody needs rounded.
 */
export function roundedTensors(model: OnnxModel): readonly string[] {
  const constants = new Set(model.tensors.map(({ name }) => name))
  const outputs = new Set(model.outputs.map(({ name }) => name))
  const readers = new Map<string, OnnxNode[]>()
  for (const node of model.nodes) {
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node])
  }
  const rounded = new Set<string>()
  const made = new Set<string>()
  for (const node of model.nodes) {
    const output = node.outputs[0]!
    const follows = fused.has(node.operator) && made.has(node.inputs[0]!)
    if (isInIntegers(node))
      for (const name of node.inputs) if (name !== '' && !constants.has(name)) rounded.add(name)
    if (!isInIntegers(node) && !follows) continue
    made.add(output)
    const [reader, second] = readers.get(output) ?? []
    const fusedLater = reader !== undefined && second === undefined && fused.has(reader.operator)
    if (!fusedLater && !outputs.has(output)) rounded.add(output)
  }
  return [...rounded]
}
