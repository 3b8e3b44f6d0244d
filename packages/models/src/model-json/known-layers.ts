import { KdError } from '@kd/core'
import { serialization } from '@tensorflow/tfjs-core'

type Plain = Readonly<Record<string, unknown>>

/** Where a configuration holds other layers: a model's list, and what a wrapper wraps. */
const holders = [
  'layers',
  'layer',
  'backward_layer',
  'backwardLayer',
  'cell',
  'cells',
  'model_config',
  'config',
]
const DEEPEST = 100

/**
 * Checks that TensorFlow.js has every layer of a model, before any is made.
 *
 * @param topology - a model's configuration as it was parsed, with or without Keras' `model_config` around it
 * @param where - what errors call it
 * @throws {@link KdError} naming every layer whose class is unknown, with its class; a Lambda layer is named apart, because it
 * holds code
 */
export function assertKnownLayers(topology: unknown, where: string): void {
  const found: { readonly name: string; readonly className: string }[] = []
  collectLayers(topology, found, 0)
  const lambda = found.find(({ className }) => className === 'Lambda' || className === 'TFOpLambda')
  if (lambda !== undefined) {
    throw new KdError(
      `${where}: layers must hold no code, got the ${lambda.className} layer '${lambda.name}'`,
      {
        hint: 'code in a model file is never run; export the model as ONNX, or write the layer with stock layers',
      },
    )
  }
  const known = serialization.SerializationMap.getMap().classNameMap
  const unknown = found.filter(({ className }) => !Object.hasOwn(known, className))
  if (unknown.length === 0) return
  const names = unknown.slice(0, 10).map(({ name, className }) => `'${name}' (${className})`)
  const more = unknown.length > 10 ? ` and ${unknown.length - 10} more` : ''
  throw new KdError(`${where}: layers must be known to TensorFlow.js, got ${names.join(', ')}${more}`, {
    hint: 'export the model as ONNX and use it as a teacher through ONNX Runtime, see docs/teachers.md',
  })
}

function collectLayers(
  value: unknown,
  found: { readonly name: string; readonly className: string }[],
  depth: number,
): void {
  if (depth > DEEPEST) throw new KdError(`a model must not be nested deeper than ${DEEPEST}`)
  if (Array.isArray(value)) {
    for (const item of value) collectLayers(item, found, depth + 1)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const plain = value as Plain
  const className = plain['class_name'] ?? plain['className']
  if (typeof className === 'string') {
    const { name } = (plain['config'] ?? {}) as { readonly name?: unknown }
    found.push({
      className: className.slice(0, 100),
      name: typeof name === 'string' ? name.slice(0, 100) : '',
    })
  }
  for (const key of holders) if (Object.hasOwn(plain, key)) collectLayers(plain[key], found, depth + 1)
}
