import { KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import { isKeras3, kerasTopology } from '../keras/keras-topology.js'
import { buildLayersModel } from '../model-json/build-layers-model.js'
import { assertKnownLayers } from '../model-json/known-layers.js'
import { weightsManifest } from '../model-json/weights-manifest.js'
import { variablesByName } from '../weights/model-tensors.js'
import { openModelFolder, readWeightFiles, type ModelFiles } from './model-files.js'

const functionName = 'loadTensorflowModel'

/**
 * Reads a layers model of TensorFlow.js that was made elsewhere: by `model.save`, or by `tensorflowjs_converter` from Keras 2 or
 * Keras 3, with weights in any number of files, as they are or quantised to float16, uint16 or uint8.
 *
 * The files are not trusted: nothing outside the folder is read, no layer makes more numbers than the weights have, and no code is
 * run. A graph model is read by {@link loadGraphModelTeacher}.
 *
 * @param source - the folder or its `model.json` (in Node), or {@link ModelFiles}
 * @returns the model with its weights; {@link withoutSoftmax} takes a softmax off its end
 * @throws {@link KdError} when a file is missing, cut off or leads out of the folder, a layer is unknown or holds code, or weights
 * do not fit the layers
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { loadTensorflowModel } from '@kd/models'
 *
 * const layer = { class_name: 'Dense', config: { name: 'logits', units: 2, batch_input_shape: [null, 1] } }
 * const model = await loadTensorflowModel({
 *   json: {
 *     modelTopology: { class_name: 'Sequential', config: { name: 'tiny', layers: [layer] } },
 *     weightsManifest: [
 *       {
 *         paths: ['kernel.bin', 'bias.bin'],
 *         weights: [
 *           { name: 'logits/kernel', shape: [1, 2], dtype: 'float32' },
 *           { name: 'logits/bias', shape: [2], dtype: 'float32' },
 *         ],
 *       },
 *     ],
 *   },
 *   read: async (path) => new Uint8Array(new Float32Array(path === 'bias.bin' ? [0, 1] : [2, 3]).buffer),
 * })
 * console.log(model.getWeights().map((weight) => [...weight.dataSync()])) // [ [ 2, 3 ], [ 0, 1 ] ]
 * ```
 */
export async function loadTensorflowModel(source: string | ModelFiles): Promise<LayersModel> {
  const files = typeof source === 'string' ? await openModelFolder(source, functionName) : source
  try {
    return await load(files)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
    if (KdError.isInstance(cause) && message.startsWith(`${functionName}: `)) throw cause
    throw new KdError(
      `${functionName}: model.json must be a layers model with its weights, got: ${message.slice(0, 500)}`,
      { cause },
    )
  }
}

async function load(files: ModelFiles): Promise<LayersModel> {
  const json = (files.json ?? {}) as { readonly [key: string]: unknown }
  const topology = topologyOf(json)
  assertKnownLayers(topology, functionName)
  const { groups, specs, numbers } = weightsManifest(json['weightsManifest'])
  const bytes = await readWeightFiles(files, groups, functionName)
  const translated = isKeras3(topology) ? kerasTopology(topology, functionName) : topology
  const model = await buildLayersModel(translated, numbers, functionName)
  const tensors = tf.io.decodeWeights(bytes, specs)
  try {
    writeWeights(model, tensors)
    return model
  } catch (error) {
    for (const weight of model.weights) weight.dispose()
    throw error
  } finally {
    tf.dispose(tensors)
  }
}

function topologyOf(json: Readonly<Record<string, unknown>>): unknown {
  const topology = json['modelTopology']
  if (json['format'] === 'graph-model' || (isPlain(topology) && 'node' in topology)) {
    throw new KdError(`${functionName}: model.json must be a layers model, got a graph model`, {
      hint: 'use loadGraphModelTeacher: a graph model can teach, but not be trained',
    })
  }
  if (!isPlain(topology)) throw new KdError('it has no modelTopology')
  return topology['model_config'] ?? topology['modelConfig'] ?? topology
}

/** Writes tensors by name; Keras puts the name of the model and others before that of the layer. */
function writeWeights(model: LayersModel, tensors: Readonly<Record<string, tf.Tensor>>): void {
  const variables = variablesByName(model, functionName)
  const chosen = new Map<string, { readonly variable: LayerVariable; readonly tensor: tf.Tensor }>()
  const unknown: string[] = []
  for (const [name, tensor] of Object.entries(tensors)) {
    const found = suffixes(name).find((suffix) => variables.has(suffix) && !chosen.has(suffix))
    if (found === undefined) unknown.push(name)
    else chosen.set(found, { variable: variables.get(found)!, tensor })
  }
  const missing = [...variables.keys()].filter((name) => !chosen.has(name))
  const wrong = [...chosen].filter(
    ([, { variable, tensor }]) => !tf.util.arraysEqual(variable.shape as number[], tensor.shape),
  )
  if (missing.length > 0 || unknown.length > 0 || wrong.length > 0) {
    const list = (what: string, names: readonly string[]): string[] =>
      names.length === 0 ? [] : [`${what} ${names.slice(0, 20).join(', ').slice(0, 1000)}`]
    const problems = [
      ...list('missing', missing),
      ...list('unknown', unknown),
      ...list(
        'wrong',
        wrong.map(
          ([name, { variable, tensor }]) =>
            `${name} [${tensor.shape.join(', ')}] instead of [${variable.shape.join(', ')}]`,
        ),
      ),
    ]
    throw new KdError(
      `${functionName}: weights must have the names and shapes of the layers, got ${problems.join('; ')}`,
    )
  }
  for (const { variable, tensor } of chosen.values()) variable.write(tensor)
}

/** A name, and what is left of it without its first parts. */
function suffixes(name: string): string[] {
  const parts = name.replace(/:0$/, '').split('/')
  return parts.map((_, index) => parts.slice(index).join('/'))
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
