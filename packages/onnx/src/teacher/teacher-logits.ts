import { ShapeError } from '@kd/core'
import type { OnnxTeacherOptions } from './teacher-options.js'
import type { FloatValues } from '../runtime.js'

/** The least probability whose logarithm is taken: the smallest normal float. */
const LEAST = 1.1754943508222875e-38

/**
 * Makes the logits of our classes of what the teacher gives: temperature · log p for probabilities, and the columns that `classes` names.
 *
 * @param output - [N, its classes]
 * @throws ShapeError if it has other classes than the data set
 */
export function teacherLogits(output: FloatValues, options: OnnxTeacherOptions): FloatValues {
  const { name = 'an ONNX model', classes, dataset, probabilities = false, temperature = 1 } = options
  const [count, width] = output.shape
  if (output.shape.length !== 2) {
    throw new ShapeError(`onnxTeacher: ${name} must give logits [N, C], got [${output.shape.join(', ')}]`)
  }
  const wanted = dataset?.classNames.length
  if (classes === undefined && wanted !== undefined && width !== wanted) {
    throw new ShapeError(
      `onnxTeacher: ${name} must know the ${wanted} classes of the data set, got ${width} classes`,
      {
        hint: 'say by `classes` which of its classes each class of the data set is',
      },
    )
  }
  const outside = classes?.find((index) => index >= width!)
  if (outside !== undefined) {
    throw new ShapeError(`onnxTeacher: classes must be < ${width}, the classes of ${name}, got ${outside}`)
  }
  const columns = classes ?? Array.from({ length: width! }, (_, index) => index)
  const values = new Float32Array(count! * columns.length)
  for (let row = 0, to = 0; row < count!; row++) {
    for (const column of columns) {
      const value = output.values[row * width! + column]!
      values[to++] = probabilities ? temperature * Math.log(assertProbability(value, name)) : value
    }
  }
  return { values, shape: [count!, columns.length] }
}

function assertProbability(value: number, name: string): number {
  if (value >= -1e-6 && value <= 1 + 1e-3) return Math.max(value, LEAST)
  throw new ShapeError(`onnxTeacher: ${name} must give probabilities in [0, 1], got ${value}`, {
    hint: 'leave out `probabilities` for a teacher that gives logits',
  })
}
