import { KdError } from '@kd/core'
import type { FailLayer } from './fail-layer.js'
import { activationName } from './keras-activations.js'
import { keptOptions } from './keras-options.js'

type Plain = Record<string, unknown>

/** A layer or model of a configuration by Keras. */
export interface KerasLayer {
  readonly class_name: string
  readonly config: Plain
  readonly inbound_nodes?: unknown
  readonly name?: unknown
}

/** Classes that are models: TensorFlow.js counts their making as their first call, Keras 3 does not. */
const models: readonly unknown[] = ['Functional', 'Sequential', 'Model']
/** Options that hold a layer. `backward_layer` is left out: TensorFlow.js makes it from the other one. */
const wrapped = ['layer', 'cell']
/** Levels of lists in the arguments of a call. */
const DEEPEST = 20

/** Tells whether a configuration is of Keras 3, by the name that it has for the shape of an input. */
export function isKeras3(topology: unknown): boolean {
  return JSON.stringify(topology)?.includes('"batch_shape"') ?? false
}

/**
 * Rewrites the configuration of a model by Keras 3 as TensorFlow.js reads it: the shape of inputs, types, calls, activations and
 * options have other names there. Initial values, regularizers and constraints are left out.
 *
 * @param model - as `config.json` in a `.keras` file has it; its layers are known to TensorFlow.js
 * @param functionName - the function that was called, for messages
 * @returns the configuration
 * @throws {@link KdError} naming the layer and what TensorFlow.js would compute otherwise than Keras
 */
export function kerasTopology(model: unknown, functionName: string): KerasLayer {
  const fail: FailLayer = (name, rule) => {
    throw new KdError(`${functionName}: layer '${name.slice(0, 100)}' ${rule}`, {
      hint: 'export the model as ONNX and use it as a teacher through ONNX Runtime, see docs/teachers.md',
    })
  }
  return layerOf(model, fail)
}

function layerOf(value: unknown, fail: FailLayer): KerasLayer {
  const { class_name: className, config, registered_name: registered, inbound_nodes: nodes } = plainOf(value)
  if (typeof className !== 'string' || !isPlain(config))
    return fail('?', `must have class_name and config, got ${JSON.stringify(value)?.slice(0, 100)}`)
  const name = typeof config['name'] === 'string' ? config['name'] : className
  if (typeof registered === 'string' && registered.includes('>'))
    return fail(name, `must be one of Keras' own, got the custom class ${registered.slice(0, 100)}`)
  const translated = models.includes(className)
    ? modelConfig(config, name, fail)
    : layerConfig(className, config, name, fail)
  if (!Array.isArray(nodes)) return { class_name: className, config: translated }
  return { class_name: className, name, config: translated, inbound_nodes: nodes }
}

function modelConfig(config: Plain, model: string, fail: FailLayer): Plain {
  const { layers: found } = config
  if (!Array.isArray(found)) return fail(model, 'must have a list of layers, got none')
  const layers = found.map((layer: unknown) => layerOf(layer, fail))
  const { input_layers: inputs, output_layers: outputs } = config
  if (inputs === undefined) return { name: model, layers }
  // In Keras 3 the making of a model inside is no call, in TensorFlow.js it is the first.
  const shifted = new Set(
    layers.filter((layer) => models.includes(layer.class_name)).map(({ config: { name } }) => name),
  )
  const shift = (history: unknown): unknown[] => {
    const [name, node, tensor] = Array.isArray(history) ? (history as unknown[]) : []
    if (typeof name !== 'string' || typeof node !== 'number')
      return fail(model, `must name its layers, got ${JSON.stringify(history)?.slice(0, 100)}`)
    return [name, shifted.has(name) ? node + 1 : node, tensor ?? 0]
  }
  return {
    name: model,
    layers: layers.map((layer) => ({
      ...layer,
      inbound_nodes: ((layer.inbound_nodes ?? []) as unknown[]).map((node) =>
        callOf(node, String(layer.config['name']), fail).map((history) => [...shift(history), {}]),
      ),
    })),
    input_layers: listOf(inputs).map(shift),
    output_layers: listOf(outputs).map(shift),
  }
}

/** One output of a model stands without a list around it. */
function listOf(places: unknown): readonly unknown[] {
  if (!Array.isArray(places)) return [places]
  return typeof places[0] === 'string' ? [places] : (places as unknown[])
}

/** Returns the histories of the tensors that a call is given, in order. */
function callOf(node: unknown, name: string, fail: FailLayer): unknown[] {
  // Keras 2 writes [[layer, node, tensor, kwargs], …].
  if (Array.isArray(node)) return node as unknown[]
  const { args, kwargs } = plainOf(node)
  const histories: unknown[] = []
  collectTensors(args, histories, 0, () =>
    fail(name, `must be called with tensors alone, got ${JSON.stringify(args)?.slice(0, 200)}`),
  )
  const others = Object.entries(plainOf(kwargs)).filter(([, value]) => value !== null && value !== false)
  if (others.length > 0)
    return fail(
      name,
      `must be called without further arguments, got ${others.map(([key]) => key).join(', ')}`,
    )
  return histories
}

function collectTensors(value: unknown, histories: unknown[], depth: number, refuse: () => never): void {
  if (depth > DEEPEST) refuse()
  if (Array.isArray(value)) {
    for (const item of value) collectTensors(item, histories, depth + 1, refuse)
    return
  }
  const { class_name: className, config } = plainOf(value)
  if (className !== '__keras_tensor__') refuse()
  histories.push(plainOf(config)['keras_history'])
}

function layerConfig(className: string, config: Plain, name: string, fail: FailLayer): Plain {
  const translated: Plain = {}
  for (const [key, value] of keptOptions(className, config, name, fail)) {
    if (key === 'dtype') translated[key] = dtypeOf(value)
    else if (key === 'batch_shape') translated['batch_input_shape'] = value
    else if (key.endsWith('_initializer')) translated[key] = { class_name: 'Zeros', config: {} }
    else if (key.endsWith('activation')) translated[key] = activationName(value, name, fail)
    else if (wrapped.includes(key)) translated[key] = layerOf(value, fail)
    else translated[key] = value
  }
  return translated
}

/** A type of TensorFlow.js: all that is computed in floats is computed in float32. */
function dtypeOf(value: unknown): string {
  const named = isPlain(value) ? plainOf(value['config'])['name'] : value
  if (typeof named !== 'string') return 'float32'
  if (/^u?int/.test(named)) return 'int32'
  return named === 'bool' || named === 'string' ? named : 'float32'
}

function plainOf(value: unknown): Plain {
  return isPlain(value) ? value : {}
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
