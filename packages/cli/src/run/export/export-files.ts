import { normalizedInputs, type AnyDataset } from '@kd/core'
import { takeExamples } from '@kd/datasets'
import { modelTensors, writeSafetensors } from '@kd/models'
import { exportOnnx, quantizeOnnx } from '@kd/onnx'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { tensorflowFiles } from '../model/saved-model.js'
import type { ExportForm } from './export-form.js'

/** A student, and what its files are to say and to be made with. */
export interface ExportedStudent {
  readonly model: LayersModel
  /** As the student knows it. */
  readonly dataset: AnyDataset
  /** Training examples that show which values occur, for `int8-static`. */
  readonly calibration: number
  /** Where the student comes from. */
  readonly source: string
}

/** How many examples ONNX Runtime sees at a time. */
const BATCH = 64

/**
 * Gives the files of a student in one form.
 *
 * @param student - to export
 * @param form - format and weights
 * @returns contents by the names of the files
 * @throws {@link KdError} for a layer that the format does not know, weights that do not fit, and where ONNX Runtime is needed and not there
 */
export async function exportFiles(
  student: ExportedStudent,
  { format, weights }: ExportForm,
): Promise<Readonly<Record<string, string | Uint8Array>>> {
  const { model } = student
  if (format === 'onnx') return { 'student.onnx': await onnxFile(student, weights) }
  if (format === 'tfjs') {
    const dtype = weights === 'float32' || weights === 'float16' ? weights : 'uint8'
    const files = await tensorflowFiles(model, dtype)
    return { 'weights.bin': files.weights, 'model.json': files.modelJson }
  }
  const tensors = await modelTensors(model)
  if (weights === 'float16')
    for (const [name, tensor] of tensors) tensors.set(name, { ...tensor, dtype: 'F16' })
  return { 'student.safetensors': writeSafetensors(tensors, { source: student.source }) }
}

async function onnxFile(
  { model, dataset, calibration, source }: ExportedStudent,
  weights: ExportForm['weights'],
): Promise<Uint8Array> {
  const { normalization, classNames } = dataset
  const file = await exportOnnx(model, { normalization, classNames, metadata: { source } })
  if (weights === 'float32') return file
  if (weights !== 'int8-static') return quantizeOnnx(file, { weights })
  return quantizeOnnx(file, { activations: 'int8', calibration: trainingInputs(dataset, calibration) })
}

/** Training inputs, classes in their shares, batch by batch. */
function* trainingInputs(dataset: AnyDataset, count: number): Generator<Float32Array> {
  const available = dataset.train.ids.length
  const { train } = count < available ? takeExamples(dataset, { train: count }) : dataset
  const rows = Array.from(train.ids.keys())
  for (let from = 0; from < rows.length; from += BATCH)
    yield normalizedInputs(dataset, train, rows.slice(from, from + BATCH))
}
