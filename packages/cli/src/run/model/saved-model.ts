import { KdError } from '@kd/core'
import {
  assertOutputSizes,
  loadModelTensors,
  loadPytorchResnet,
  loadPytorchWeights,
  modelTensors,
  modelTopology,
  quantizeWeights,
  readSafetensors,
  weightsManifest,
  withinWeights,
  writeSafetensors,
} from '@kd/models'
import { io } from '@tensorflow/tfjs-core'
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { writeFileSafely } from '../folder/write-file-safely.js'
import { readRegularFile } from '../../config/regular-file.js'

/**
 * Saves a model as a standard TensorFlow.js layers model, `model.json` and `weights.bin`, and as safetensors.
 *
 * @param model - to save
 * @param folder - which exists
 * @param name - of the safetensors file, before the dot
 */
export async function saveModel(
  model: LayersModel,
  folder: string,
  name: 'student' | 'teacher' = 'student',
): Promise<void> {
  const { modelJson, weights } = await tensorflowFiles(model)
  await writeFileSafely(join(folder, `${name}.safetensors`), writeSafetensors(await modelTensors(model)))
  await writeFileSafely(join(folder, 'weights.bin'), weights)
  // Last, so that a model.json never stands without its weights.
  await writeFileSafely(join(folder, 'model.json'), modelJson)
}

/**
 * Gives the files of a standard TensorFlow.js layers model.
 *
 * @param model - to save
 * @param dtype - of its kernels, see {@link quantizeWeights}
 * @returns the content of `model.json` and `weights.bin`
 */
export async function tensorflowFiles(
  model: LayersModel,
  dtype: 'float32' | 'float16' | 'uint8' = 'float32',
): Promise<{ readonly modelJson: string; readonly weights: Uint8Array }> {
  let artifacts: io.ModelArtifacts | undefined
  await model.save(
    io.withSaveHandler(async (found) => {
      artifacts = found
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
  const { modelTopology, weightSpecs, weightData, format, generatedBy, convertedBy } = artifacts!
  const floats = new Uint8Array(io.CompositeArrayBuffer.join(weightData))
  const { specs, bytes } =
    dtype === 'float32'
      ? { specs: weightSpecs!, bytes: floats }
      : quantizeWeights(weightSpecs!, floats, dtype)
  const weightsManifest = [{ paths: ['weights.bin'], weights: specs }]
  return {
    modelJson: JSON.stringify({ format, generatedBy, convertedBy, modelTopology, weightsManifest }),
    weights: bytes,
  }
}

/**
 * Loads what {@link saveModel} wrote.
 *
 * @param folder - with `model.json` and `weights.bin`
 * @returns the model with its weights
 * @throws {@link KdError} when a file is missing, truncated or something else, or the model claims more than its weights
 */
export async function loadModel(folder: string): Promise<LayersModel> {
  const path = join(folder, 'model.json')
  const text = await readBytes(path)
  const weights = await readBytes(join(folder, 'weights.bin'))
  try {
    const found = JSON.parse(Buffer.from(text).toString()) as Partial<io.ModelJSON> | null
    const topology = modelTopology(found?.modelTopology)
    const { specs, numbers, bytes } = weightsManifest(found?.weightsManifest)
    if (bytes !== weights.byteLength)
      throw new KdError(`weights.bin must have ${bytes} bytes, got ${weights.byteLength}`)
    const artifacts: io.ModelArtifacts = {
      modelTopology: topology,
      weightSpecs: specs,
      weightData: new Uint8Array(weights).buffer,
    }
    const model = await withinWeights(numbers, () => loadLayersModel(io.fromMemory(artifacts)))
    assertOutputSizes(model)
    return model
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new KdError(`${path} must be a TensorFlow.js layers model with its weights.bin, got: ${reason}`, {
      cause: error,
    })
  }
}

/**
 * Puts the weights of a safetensors file into a model: one of ours, or a family with PyTorch's names.
 *
 * @param model - changed in place
 * @param path - of the file
 * @throws {@link KdError} when the file is missing, not safetensors, or of another model
 */
export async function loadWeights(model: LayersModel, path: string): Promise<void> {
  const bytes = await readBytes(path)
  try {
    const tensors = readSafetensors(bytes)
    if (tensors.has('conv1.weight')) loadPytorchResnet(model, tensors)
    // PyTorch has a dot between the names of a layer and its weight, where ours have a slash.
    else if ([...tensors.keys()].some((name) => name.endsWith('.weight'))) loadPytorchWeights(model, tensors)
    else loadModelTensors(model, tensors)
  } catch (error) {
    if (!KdError.isInstance(error)) throw error
    throw new KdError(`${path}: ${error.message.split('\n')[0]}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}

/** A hash of all weights of a model, to the last bit. */
export async function weightsHash(model: LayersModel): Promise<string> {
  const bytes = writeSafetensors(await modelTensors(model))
  return createHash('sha256').update(bytes).digest('hex')
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(path)
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    throw new KdError(`cannot read ${path}: ${code === 'ENOENT' ? 'no such file' : code}`, { cause: error })
  }
}
