import { taskOf, type AnyDataset, type Dataset, type Teacher } from '@kd/core'
import { onnxTeacher } from '@kd/onnx'
import { basename } from 'node:path'
import type { TeacherConfig } from '../../../config/config-schema.js'
import { readRegularFile } from '../../../config/regular-file.js'
import { ofFile } from '../../model/model-file.js'
import { teacherOutputs } from './teacher-outputs.js'

/**
 * Opens a teacher in ONNX Runtime, and asks it about one example, so that what does not fit is found before anything is trained.
 *
 * @param teacher - its config
 * @param path - of the ONNX file
 * @param clean - the data set before label noise
 * @param who - what errors call the teacher
 * @returns the teacher
 * @throws {@link KdError} when ONNX Runtime is not installed, the file is damaged, or does not fit the data
 */
export async function openOnnxFile(
  { normalization, layout, classes, outputs, temperature, input, output, features }: TeacherConfig,
  path: string,
  clean: AnyDataset,
  who: string,
): Promise<Teacher> {
  const picked = teacherOutputs(classes, clean, who)
  try {
    return await onnxTeacher(await readRegularFile(path), {
      name: basename(path),
      // What is a class for a classifier is an output for any other task.
      dataset: { ...(clean as Dataset), classNames: outputNames(clean) },
      ...(normalization && { normalization }),
      ...(layout && { layout: layout === 'NCHW' ? 'nchw' : 'nhwc' }),
      ...(picked && { classes: picked }),
      ...(outputs === 'probabilities' && { probabilities: true }),
      ...(temperature !== undefined && { temperature }),
      ...(input !== undefined && { input }),
      ...(output !== undefined && { logits: output }),
      ...(features && { features }),
    })
  } catch (error) {
    throw ofFile(error, `${who}.onnx`, path)
  }
}

function outputNames(clean: AnyDataset): readonly string[] {
  const { classNames } = clean
  const count = taskOf(clean).outputShape.at(-1)!
  return classNames.length === count
    ? classNames
    : Array.from({ length: count }, (_, index) => `output ${index}`)
}
