import { createHash } from 'node:crypto'
import type { TeacherConfig } from '../../../config/config-schema.js'
import { isModelFile } from '../../../config/model-schema.js'
import { contentHash, modelFileHash } from '../../origin/content-hash.js'

/**
 * Hashes a teacher that was made elsewhere: the content of its files, and what the config says about them. Where the files lie makes
 * no difference.
 *
 * @param teacher - with `onnx`, `logits` or `model.file`
 * @returns SHA-256, hexadecimal; undefined for another teacher
 */
export async function teacherFileHash(teacher: TeacherConfig): Promise<string | undefined> {
  const contents = await hashesOf(teacher)
  if (contents === undefined) return undefined
  const { normalization, layout, classes, outputs, temperature, softmax, input, output, features } = teacher
  const settings = [normalization, layout, classes, outputs, temperature, softmax, input, output, features]
  return createHash('sha256')
    .update(JSON.stringify([contents, settings]))
    .digest('hex')
}

async function hashesOf({ onnx, logits, model }: TeacherConfig): Promise<readonly string[] | undefined> {
  if (onnx !== undefined) return [await contentHash(onnx)]
  if (isModelFile(model)) return [await modelFileHash(model.file)]
  if (logits === undefined) return undefined
  const files: { train: string; validation?: string | undefined; test?: string | undefined } =
    typeof logits === 'string' ? { train: logits } : logits
  const { train, validation, test } = files
  return Promise.all([train, validation ?? '', test ?? ''].map(contentHash))
}
