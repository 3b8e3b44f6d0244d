import type { AnyDataset } from '@kd/core'
import type { TeacherConfig } from '../../../config/config-schema.js'
import { isModelFile } from '../../../config/model-schema.js'
import type { FileTeacher } from '../teacher-hash.js'
import { openLogitFiles } from './logit-files.js'
import { openModelTeacher } from './model-teacher.js'
import { openOnnxFile } from './onnx-file.js'
import { teacherFileHash } from './teacher-file-hash.js'

/** A teacher that was made elsewhere, and what to tell of it. */
export interface OpenTeacherFile {
  readonly teacher: FileTeacher
  readonly notes: readonly string[]
}

/**
 * Opens a teacher that was made elsewhere, and checks that it fits the data.
 *
 * @param teacher - its config
 * @param index - its place in the config, from 0
 * @param clean - the data set before label noise
 * @returns undefined for a teacher that is none from a file
 * @throws {@link KdError} naming what is missing, damaged, or does not fit
 */
export async function openTeacherFile(
  teacher: TeacherConfig,
  index: number,
  clean: AnyDataset,
): Promise<OpenTeacherFile | undefined> {
  const hash = await teacherFileHash(teacher)
  if (hash === undefined) return undefined
  const who = `teachers.${index}`
  if (teacher.logits !== undefined) {
    const { notes, ...kept } = await openLogitFiles(teacher, clean, who)
    return { teacher: { ...kept.teacher, hash, splits: kept.splits }, notes }
  }
  const opened = isModelFile(teacher.model)
    ? await openModelTeacher(teacher, teacher.model.file, clean, who)
    : await openOnnxFile(teacher, teacher.onnx!, clean, who)
  return { teacher: Object.assign(opened, { hash }), notes: [] }
}
