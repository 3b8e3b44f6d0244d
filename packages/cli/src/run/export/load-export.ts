import type { AnyDataset, TeacherInput } from '@kd/core'
import { onnxTeacher } from '@kd/onnx'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Predictor } from '../model/measure-latency.js'
import { loadModel, loadWeights } from '../model/saved-model.js'
import type { ExportFormat } from './export-form.js'

/** An export in the runtime that it is for. */
export interface LoadedExport extends Predictor {
  /** What `evaluate` takes. */
  readonly asked: TeacherInput
  dispose(): void
}

/**
 * Loads an export by the runtime that it is for: ONNX Runtime, TensorFlow.js, or the reader of safetensors with a model of the same layers.
 *
 * @param folder - of the export
 * @param format - of the export
 * @param dataset - that the student knows
 * @param run - the student's, whose layers a file of safetensors does not have
 * @throws {@link KdError} where onnxruntime-node is not there, and for a file that the runtime refuses
 */
export async function loadExport(
  folder: string,
  format: ExportFormat,
  dataset: AnyDataset,
  run: string,
): Promise<LoadedExport> {
  if (format === 'onnx') return loadOnnx(await readFile(join(folder, 'student.onnx')), dataset)
  if (format === 'tfjs') return loadedModel(await loadModel(folder))
  const model = await loadModel(join(run, 'student'))
  await loadWeights(model, join(folder, 'student.safetensors'))
  return loadedModel(model)
}

function loadedModel(model: LayersModel): LoadedExport {
  return {
    asked: model,
    predict: (inputs) => model.predict(inputs),
    dispose: () => void model.dispose(),
  }
}

async function loadOnnx(file: Uint8Array, dataset: AnyDataset): Promise<LoadedExport> {
  const teacher = await onnxTeacher(file, { dataset })
  const predict = async (inputs: tf.Tensor): Promise<tf.Tensor> => {
    const ids = new Int32Array(inputs.shape[0])
    const { logits } = await teacher.answer({ view: 'clean', split: 'test', inputs, ids, features: [] })
    return logits
  }
  return {
    asked: teacher,
    predict,
    dispose: () => {
      teacher.dispose()
    },
  }
}
