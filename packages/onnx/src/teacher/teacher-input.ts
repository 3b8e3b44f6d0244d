import { InvalidArgumentError, ShapeError } from '@kd/core'
import type { OnnxSession, OnnxTensorInfo } from '../runtime.js'
import { teacherName, type OnnxTeacherOptions } from './teacher-options.js'

/**
 * Finds the input of a teacher.
 *
 * @throws InvalidArgumentError if it is not the only one, or not of float32
 * @throws ShapeError if it cannot take batches or the examples of the data set
 */
export function inputOf(session: OnnxSession, options: OnnxTeacherOptions): OnnxTensorInfo {
  const { input, dataset } = options
  const names = session.inputNames
  if (input === undefined ? names.length !== 1 : !names.includes(input)) {
    throw new InvalidArgumentError(
      `onnxTeacher: input must be the only one of ${teacherName(options)}, got ${input ?? 'none'} of ${names.join(', ')}`,
      names.length > 1 ? { hint: 'a teacher is given one input; export one that needs no others' } : {},
    )
  }
  const name = input ?? names[0]!
  if (names.length > 1) {
    throw new InvalidArgumentError(
      `onnxTeacher: ${teacherName(options)} must have one input, got ${names.join(', ')}`,
    )
  }
  const info = session.inputMetadata?.find((candidate) => candidate.name === name) ?? { name, isTensor: true }
  if (info.type !== undefined && info.type !== 'float32') {
    throw new InvalidArgumentError(`onnxTeacher: the input ${name} must be of float32, got ${info.type}`, {
      hint: 'export the model with inputs of float32',
    })
  }
  const batch = info.shape?.[0]
  if (typeof batch === 'number' && batch > 1) {
    throw new ShapeError(
      `onnxTeacher: the input ${name} must have a free batch axis or one of 1, got ${batch}`,
      {
        hint: 'export the model with a dynamic batch axis',
      },
    )
  }
  const rank = dataset === undefined ? undefined : dataset.inputShape.length + 1
  if (rank !== undefined && info.shape !== undefined && info.shape.length !== rank) {
    throw new ShapeError(
      `onnxTeacher: the input ${name} must take examples of [${dataset!.inputShape.join(', ')}], got [${info.shape.join(', ')}]`,
    )
  }
  return info
}

/** Which order of an image's axes the input has. */
export function layoutOf(
  { name, shape }: OnnxTensorInfo,
  { layout, dataset }: OnnxTeacherOptions,
): 'nchw' | 'nhwc' {
  if (layout !== undefined || shape?.length !== 4) return layout ?? 'nhwc'
  const fits = (sizes: readonly number[]): boolean =>
    sizes.every((size, axis) => typeof shape[axis + 1] !== 'number' || shape[axis + 1] === size)
  const looksLikeChannels = (axis: number): boolean => [1, 3, 4].includes(Number(shape[axis]))
  const [height, width, channels] = dataset?.inputShape ?? []
  const first = dataset === undefined ? looksLikeChannels(1) : fits([channels!, height!, width!])
  const last = dataset === undefined ? looksLikeChannels(3) : fits([height!, width!, channels!])
  if (first !== last) return first ? 'nchw' : 'nhwc'
  const found = `[${shape.join(', ')}]`
  if (first)
    throw new InvalidArgumentError(
      `onnxTeacher: layout must be given for the input ${name}, got ${found}, where both orders fit`,
    )
  throw new ShapeError(
    `onnxTeacher: the input ${name} must take images of ${dataset === undefined ? '1, 3 or 4 channels' : `[${dataset.inputShape.join(', ')}]`}, got ${found}`,
    { hint: 'give `layout` where the axes are in another order' },
  )
}
