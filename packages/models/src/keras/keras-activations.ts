import type { FailLayer } from './fail-layer.js'

/**
 * Activations that TensorFlow.js computes as Keras 3 does, with their names there. `hard_sigmoid` is not among them: in Keras 3 it is
 * relu6(x + 3) / 6, in TensorFlow.js clip(0.2 x + 0.5, 0, 1).
 */
const activations: ReadonlyMap<string, string> = new Map([
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'softplus', 'softsign', 'tanh', 'softmax'].map(
    (name) => [name, name] as const,
  ),
  ...['swish', 'mish', 'gelu'].map((name) => [name, name] as const),
  ['silu', 'swish'],
  ['log_softmax', 'logSoftmax'],
])

/**
 * The name that an activation has in TensorFlow.js.
 *
 * @param value - as Keras wrote it: a name, or an object with the name of a function
 * @param layer - whose activation it is, for messages
 * @param fail - throws about the layer
 */
export function activationName(value: unknown, layer: string, fail: FailLayer): string {
  const given =
    typeof value === 'object' &&
    value !== null &&
    (value as { class_name?: unknown }).class_name === 'function'
      ? (value as { config?: unknown }).config
      : value
  const name = typeof given === 'string' ? activations.get(given) : undefined
  if (name !== undefined) return name
  return fail(
    layer,
    `must have an activation that TensorFlow.js computes likewise (${[...activations.keys()].join(', ')}), got ${JSON.stringify(given)?.slice(0, 100)}`,
  )
}
