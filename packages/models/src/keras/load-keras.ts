import { KdError } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { assertNoPickle } from '../files/assert-no-pickle.js'
import { buildLayersModel } from '../model-json/build-layers-model.js'
import { assertKnownLayers } from '../model-json/known-layers.js'
import { Hdf5File } from './hdf5-file.js'
import { openKerasArchive, parseConfig } from './keras-archive.js'
import { isKeras3, kerasTopology, type KerasLayer } from './keras-topology.js'
import { loadArchiveWeights, loadLegacyWeights } from './keras-weights.js'

const functionName = 'loadKeras'

/**
 * Reads a model that Keras saved, as a `.keras` archive of Keras 3 or as an `.h5` file of Keras 2 or 3, without Python.
 *
 * The file is not trusted: it may not unpack to much more than its size, no array is decoded before its shape is known to be
 * right, and nothing in it is run. Regularizers, constraints and the optimizer's state are not read. Half-precision policies
 * become float32.
 *
 * The optional package h5wasm must be installed.
 *
 * @param bytes - the whole file
 * @returns the model with its weights; {@link withoutSoftmax} takes a softmax off its end
 * @throws {@link KdError} when the file is damaged, absurdly large or of another kind, or a layer is unknown to TensorFlow.js or
 * computed otherwise there: the message names it. Such a model can be used as ONNX.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { loadKeras, withoutSoftmax } from '@kd/models'
 *
 * async function teacher(path: string) {
 *   return withoutSoftmax(await loadKeras(await readFile(path)))
 * }
 * console.log(typeof teacher) // function
 * ```
 *
 * @see https://keras.io/guides/serialization_and_saving
 */
export async function loadKeras(bytes: Uint8Array): Promise<LayersModel> {
  if (startsWith(bytes, [0x89, 0x48, 0x44, 0x46])) return loadLegacy(bytes)
  assertNoPickle(bytes, functionName)
  if (startsWith(bytes, [0x50, 0x4b])) return loadArchive(bytes)
  throw new KdError(
    `${functionName}: file must be a .keras archive or an .h5 file, got ${bytes.length} bytes of something else`,
    { hint: 'save the model with model.save("model.keras") of Keras 3' },
  )
}

async function loadArchive(bytes: Uint8Array): Promise<LayersModel> {
  const { config, weights } = openKerasArchive(bytes, functionName)
  return load(config, weights.length, async (model, topology) => {
    const file = await Hdf5File.open(weights, functionName)
    try {
      await loadArchiveWeights(model, topology, file, functionName)
    } finally {
      file.close()
    }
  })
}

async function loadLegacy(bytes: Uint8Array): Promise<LayersModel> {
  const file = await Hdf5File.open(bytes, functionName)
  try {
    const [text] = await file.texts('', 'model_config')
    if (text === undefined) {
      throw new KdError(`${functionName}: file must hold a whole model, got HDF5 without model_config`, {
        hint: 'weights alone are not enough: save with model.save("model.keras"), not save_weights',
      })
    }
    return await load(parseConfig(text, functionName), bytes.length, (model) =>
      loadLegacyWeights(model, file, functionName),
    )
  } finally {
    file.close()
  }
}

/** Builds the model and puts the weights into it; an error leaves no tensor behind. */
async function load(
  config: unknown,
  bytes: number,
  loadWeights: (model: LayersModel, topology: KerasLayer) => Promise<void>,
): Promise<LayersModel> {
  assertKnownLayers(config, functionName)
  const topology = isKeras3(config) ? kerasTopology(config, functionName) : (config as KerasLayer)
  let model: LayersModel | undefined
  try {
    // A number has two bytes or more, unless the file is compressed, which Keras does not do.
    model = await buildLayersModel(topology, bytes / 2, functionName)
    await loadWeights(model, topology)
    return model
  } catch (cause) {
    for (const weight of model?.weights ?? []) weight.dispose()
    throw asKdError(cause)
  }
}

function asKdError(cause: unknown): KdError {
  const message = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
  if (KdError.isInstance(cause) && message.startsWith(`${functionName}: `)) return cause
  return new KdError(
    `${functionName}: the model must be one that TensorFlow.js can build, got: ${message.slice(0, 500)}`,
    {
      hint: 'export the model as ONNX and use it as a teacher through ONNX Runtime, see docs/teachers.md',
      cause,
    },
  )
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}
