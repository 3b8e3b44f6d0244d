import type { FailLayer } from './fail-layer.js'

/** Options that change no output, or that TensorFlow.js makes up for. */
const ignored =
  /^(seed|use_cudnn|autocast|zero_output_for_mask|backward_layer|implementation|lora_.*|.*_(regularizer|constraint))$/

/** Options that TensorFlow.js does not have, with the value under which it computes as Keras does. */
const neutral: Readonly<Record<string, unknown>> = {
  groups: 1,
  keepdims: false,
  optional: false,
  quantization_config: null,
  quantization_mode: null,
  ragged: false,
  renorm: false,
  reset_after: false,
  rms_scaling: false,
  sparse: false,
  synchronized: false,
  threshold: 0,
}

/** Layers of one name that compute differently in TensorFlow.js. */
const different: readonly string[] = ['CategoryEncoding', 'CenterCrop', 'RandomWidth', 'Resizing']

/**
 * The options of a layer that TensorFlow.js knows, by their names there.
 *
 * @param className - of the layer
 * @param config - as Keras wrote it
 * @param name - of the layer, for messages
 * @param fail - throws about the layer
 */
export function keptOptions(
  className: string,
  config: Readonly<Record<string, unknown>>,
  name: string,
  fail: FailLayer,
): [key: string, value: unknown][] {
  if (different.includes(className))
    return fail(name, `must compute the same in TensorFlow.js, got a ${className}, which does not`)
  return Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    if (value === null || ignored.test(key)) return []
    if (key === 'negative_slope' && className === 'LeakyReLU') return [['alpha', value]]
    const rule = key === 'negative_slope' ? 0 : neutral[key]
    if (rule === undefined && key !== 'output_padding') return [[key, value]]
    if (value !== rule)
      return fail(
        name,
        `must have ${key} ${JSON.stringify(rule ?? null)} for TensorFlow.js, got ${JSON.stringify(value)?.slice(0, 100)}`,
      )
    return []
  })
}
