import { KdError } from '@kd/core'
import { loadKeras, loadTensorflowModel } from '@kd/models'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { readRegularFile, readRegularText } from '../../config/regular-file.js'

/** The most that a `model.json` may have. */
const LARGEST_JSON = 100e6

/**
 * Loads a model with layers that was made elsewhere.
 *
 * @param path - `model.json` of TensorFlow.js beside its weights, or a `.keras` or `.h5` file of Keras
 * @param key - which names it in the config
 * @returns the model with its weights
 * @throws {@link KdError} naming the key, when the file is missing or damaged, or a layer is unknown
 */
export async function loadModelFile(path: string, key: string): Promise<LayersModel> {
  try {
    return path.endsWith('.json')
      ? await loadTensorflowModel(path)
      : await loadKeras(await readRegularFile(path))
  } catch (error) {
    throw ofFile(error, key, path)
  }
}

/** Tells whether a file is a graph model of TensorFlow.js, which can teach, but not be trained. */
export async function isGraphModel(path: string): Promise<boolean> {
  if (!path.endsWith('.json')) return false
  try {
    const json = JSON.parse(await readRegularText(path, LARGEST_JSON)) as Readonly<
      Record<string, unknown>
    > | null
    const topology = json?.['modelTopology'] as object | null | undefined
    return (
      json?.['format'] === 'graph-model' ||
      (typeof topology === 'object' && topology !== null && 'node' in topology)
    )
  } catch {
    // Whoever loads the file says what is wrong with it.
    return false
  }
}

/** Says which key and which file an error is about. */
export function ofFile(error: unknown, key: string, path: string): KdError {
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined) {
    const hint = code === 'a folder' ? { hint: 'name the model.json in it' } : {}
    const found = code === 'ENOENT' ? 'no' : `${code} at`
    return new KdError(`${key} must be a file that can be read, got ${found} ${path}`, {
      cause: error,
      ...hint,
    })
  }
  const reason = error instanceof Error ? error.message : String(error)
  const { hint } = KdError.isInstance(error) ? error : {}
  // A message of ours ends with its hint, which comes again.
  const message = hint === undefined ? reason : reason.split('\n')[0]!
  return new KdError(`${key}: ${path}: ${message.slice(0, 2000)}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  })
}
