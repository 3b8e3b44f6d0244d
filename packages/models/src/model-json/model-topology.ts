import { KdError } from '@kd/core'
import { assertGeometry } from './model-bounds.js'

/** Names of layers that TensorFlow.js makes with a first call already in them. */
const startingCalls: readonly unknown[] = ['InputLayer', 'Model', 'Functional', 'Sequential']
/** Levels of models inside models and of their options. */
const DEEPEST = 100

type Plain = Record<string, unknown>

/**
 * The topology of a `model.json` with its keys as TensorFlow.js itself will have them, checked for what makes it look for ever,
 * layers whose inputs never come to be, and for windows that no engine can compute.
 *
 * @param topology - as it was parsed
 * @throws {@link KdError} when a model inside cannot be put together
 */
export function modelTopology(topology: unknown): Plain {
  const whole = isPlain(topology) ? (topology['model_config'] ?? topology) : undefined
  if (!isPlain(whole)) throw new KdError('it must have a modelTopology')
  return plainOf(whole, 0) as Plain
}

function plainOf(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new KdError(`it must not be nested deeper than ${DEEPEST}`)
  if (Array.isArray(value)) return value.map((item) => plainOf(item, depth + 1))
  if (!isPlain(value)) return value
  const plain: Plain = {}
  for (const [key, inner] of Object.entries(value)) {
    const name = camelCase(key)
    if (name === '__proto__') throw new KdError(`it must not have the key ${key}`)
    plain[name] = plainOf(inner, depth + 1)
  }
  if (Array.isArray(plain['layers'])) assertPossible(plain['layers'])
  // A layer, also one within another.
  if (typeof plain['className'] === 'string' && isPlain(plain['config'])) {
    const { name } = plain['config']
    assertGeometry(typeof name === 'string' ? name : plain['className'], plain['config'])
  }
  return plain
}

/** Turns snake case into camel case as TensorFlow.js does. */
const camelCase = (key: string): string =>
  key.length <= 1 ? key : key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

/** Makes the calls of all layers in thought, in the order in which they become possible. */
function assertPossible(layers: readonly unknown[]): void {
  // Layers of a sequence are not called by name; with only some of them so, TensorFlow.js ends by itself.
  if (!layers.every((layer) => isPlain(layer) && Array.isArray(layer['inboundNodes']))) return
  const calls = new Map<string, number>()
  const waiting: { readonly name: string; readonly inputs: readonly unknown[] }[] = []
  for (const layer of layers as readonly Plain[]) {
    const name = nameOf(layer)
    if (calls.has(name)) throw new KdError(`it must have one layer with the name ${name}, got another`)
    calls.set(name, startingCalls.includes(camelCase(String(layer['className']))) ? 1 : 0)
    for (const node of layer['inboundNodes'] as readonly unknown[])
      waiting.push({ name, inputs: inputsOf(node, name) })
  }
  for (let left = waiting; left.length > 0;) {
    const still = left.filter(({ name, inputs }) => {
      const ready = inputs.every((input) => isReady(input, calls))
      if (ready) calls.set(name, calls.get(name)! + 1)
      return !ready
    })
    if (still.length === left.length)
      throw new KdError(
        `the layer ${still[0]!.name} must have inputs that come from others, got ${JSON.stringify(still[0]!.inputs).slice(0, 200)}`,
      )
    left = still
  }
}

function nameOf({ name, config }: Plain): string {
  if (typeof name === 'string' && isPlain(config) && config['name'] === name) return name
  throw new KdError(`a layer must have the same name twice, got ${JSON.stringify(name)?.slice(0, 200)}`)
}

function inputsOf(node: unknown, name: string): readonly unknown[] {
  // Without inputs there is no call.
  if (Array.isArray(node) && node.length > 0) return node
  throw new KdError(`the layer ${name} must have inputs, got ${JSON.stringify(node)?.slice(0, 200)}`)
}

function isReady(input: unknown, calls: ReadonlyMap<string, number>): boolean {
  if (!Array.isArray(input)) return false
  const [name, index] = input as unknown[]
  return (
    Number.isInteger(index) && (index as number) >= 0 && (index as number) < (calls.get(name as string) ?? 0)
  )
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
