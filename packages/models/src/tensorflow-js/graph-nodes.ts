import { KdError } from '@kd/core'

/** A node of a graph. */
export interface GraphNode {
  readonly name: string
  readonly op: string
  readonly input?: readonly string[]
}

/**
 * Returns the nodes of a graph. None may wait for itself: TensorFlow.js would wait for ever.
 *
 * @param json - a `model.json`
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} when it has no graph, or the nodes do not fit each other
 */
export function graphNodes(
  { modelTopology: topology, format }: Readonly<Record<string, unknown>>,
  functionName: string,
): readonly GraphNode[] {
  if (
    format === 'layers-model' ||
    (isPlain(topology) && ('model_config' in topology || 'class_name' in topology))
  ) {
    throw new KdError(`${functionName}: model.json must be a graph model, got a layers model`, {
      hint: 'use loadTensorflowModel',
    })
  }
  const nodes = isPlain(topology) ? topology['node'] : undefined
  if (!Array.isArray(nodes) || !nodes.every(isNode))
    throw new KdError('modelTopology must have a list of nodes')
  const waiting = new Map<string, Set<string>>()
  const users = new Map<string, string[]>()
  for (const { name, input = [] } of nodes) {
    if (waiting.has(name)) throw new KdError(`each node must be there once, got ${name.slice(0, 100)} twice`)
    const inputs = new Set(input.map((tensor) => nodeName(tensor.replace(/^\^/, ''))))
    waiting.set(name, inputs)
    for (const from of inputs) users.set(from, [...(users.get(from) ?? []), name])
  }
  for (const inputs of waiting.values())
    for (const input of inputs)
      if (!waiting.has(input)) throw new KdError(`inputs must be nodes, got ${input.slice(0, 100)}`)
  const ready = [...waiting].filter(([, inputs]) => inputs.size === 0).map(([name]) => name)
  let done = 0
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    done++
    for (const user of users.get(name) ?? []) {
      const inputs = waiting.get(user)!
      inputs.delete(name)
      if (inputs.size === 0) ready.push(user)
    }
  }
  if (done < nodes.length) throw new KdError('nodes must not wait for themselves, got a cycle')
  return nodes
}

function isNode(value: unknown): value is GraphNode {
  if (!isPlain(value) || typeof value['name'] !== 'string' || typeof value['op'] !== 'string') return false
  const { input } = value
  return input === undefined || (Array.isArray(input) && input.every((name) => typeof name === 'string'))
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The name of a node, of one of its outputs such as `dense/BiasAdd:0`. */
export function nodeName(tensor: string): string {
  return tensor.replace(/:\d+$/, '')
}
