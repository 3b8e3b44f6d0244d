import * as tf from '@tensorflow/tfjs-core'
import type { FeaturePair } from './compared-features.js'

/** Squared lengths below this count as this: the gradient of a root at 0 is NaN. It is the square of PyTorch's 1e-12. */
const LEAST_SQUARE = 1e-24

/** Makes each example a row: [N, ...] to [N, D]. */
export function flat(feature: tf.Tensor): tf.Tensor2D {
  return tf.reshape(feature, [feature.shape[0], -1])
}

/** Gives an image's map as it is, and a vector as a map of one position: [N, D] to [N, 1, 1, D]. */
export function asMap(feature: tf.Tensor): tf.Tensor4D {
  return feature.rank === 4 ? (feature as tf.Tensor4D) : tf.reshape(feature, [feature.shape[0], 1, 1, -1])
}

/** Divides by the length along an axis: x / max(|x|, 1e-12). */
export function unit<Values extends tf.Tensor>(values: Values, axis: number | number[]): Values {
  const squares = tf.sum(tf.square(values), axis, true)
  return tf.div(values, tf.sqrt(tf.maximum(squares, LEAST_SQUARE)))
}

/** The mean of each example's numbers, [N]. */
export function meanOfExample(values: tf.Tensor): tf.Tensor1D {
  return tf.mean(flat(values), 1)
}

/** Makes each channel a row of its positions: [N, H, W, C] to [N, C, H W]. */
export function channelRows(map: tf.Tensor): tf.Tensor3D {
  const [examples, height, width, channels] = map.shape as [number, number, number, number]
  return tf.transpose(tf.reshape(map, [examples, height * width, channels]), [0, 2, 1])
}

/** The products of all rows with one another, [N, R, R] or [R, R]. */
export function gram<Values extends tf.Tensor2D | tf.Tensor3D>(rows: Values): Values {
  return tf.matMul(rows, rows, false, true)
}

/** Pools the larger map of a pair to the size of the smaller, as RepDistiller and mdistiller do. */
export function sameSize({ student, teacher }: FeaturePair): FeaturePair {
  const [, height, width] = student.shape as [number, number, number]
  const [, wantedHeight, wantedWidth] = teacher.shape as [number, number, number]
  if (height > wantedHeight) return { student: adaptiveAverage(student, wantedHeight, wantedWidth), teacher }
  if (height < wantedHeight) return { student, teacher: adaptiveAverage(teacher, height, width) }
  return { student, teacher }
}

/**
 * Averages a map to a size, as PyTorch's adaptive pooling does: window i reaches from floor(i H / h) to ceil((i + 1) H / h), so
 * that windows overlap where h does not divide H.
 *
 * @param map - [N, H, W, C]
 * @param height - wanted, at most H
 * @param width - wanted, at most W
 * @returns [N, height, width, C]
 */
export function adaptiveAverage(map: tf.Tensor, height: number, width = height): tf.Tensor4D {
  const [, rows, columns] = map.shape as [number, number, number, number]
  if (rows === height && columns === width) return map as tf.Tensor4D
  if (rows % height === 0 && columns % width === 0) {
    const window: [number, number] = [rows / height, columns / width]
    return tf.avgPool(map as tf.Tensor4D, window, window, 'valid')
  }
  return resampled(map, averaging(rows, height), averaging(columns, width))
}

/**
 * Enlarges a map by repeating the nearest position, floor(i H / h), as PyTorch does.
 *
 * @param map - [N, H, W, C]
 * @param height - wanted, at least H
 * @param width - wanted, at least W
 * @returns [N, height, width, C]
 */
export function enlarged(map: tf.Tensor, height: number, width: number): tf.Tensor4D {
  const [, rows, columns] = map.shape as [number, number, number, number]
  if (rows === height && columns === width) return map as tf.Tensor4D
  return resampled(map, nearest(rows, height), nearest(columns, width))
}

/** Takes sums of rows and of columns by two products with constant matrices, which have gradients on every engine. */
function resampled(map: tf.Tensor, ofRows: tf.Tensor2D, ofColumns: tf.Tensor2D): tf.Tensor4D {
  const [examples, rows, columns, channels] = map.shape as [number, number, number, number]
  const [height, width] = [ofRows.shape[0], ofColumns.shape[0]]
  const first = tf.reshape(tf.transpose(map, [1, 0, 2, 3]), [rows, examples * columns * channels])
  const byRows = tf.reshape(tf.matMul(ofRows, first), [height, examples, columns, channels])
  const second = tf.reshape(tf.transpose(byRows, [2, 1, 0, 3]), [columns, examples * height * channels])
  const both = tf.reshape<tf.Rank.R4>(tf.matMul(ofColumns, second), [width, examples, height, channels])
  return tf.transpose(both, [1, 2, 0, 3])
}

function nearest(size: number, wanted: number): tf.Tensor2D {
  const rows = Array.from({ length: wanted }, (_, row) => {
    const from = Math.floor((row * size) / wanted)
    return Array.from({ length: size }, (__, at) => (at === from ? 1 : 0))
  })
  return tf.tensor2d(rows)
}

function averaging(size: number, wanted: number): tf.Tensor2D {
  const rows = Array.from({ length: wanted }, (_, row) => {
    const [begin, end] = [Math.floor((row * size) / wanted), Math.ceil(((row + 1) * size) / wanted)]
    return Array.from({ length: size }, (__, at) => (at >= begin && at < end ? 1 / (end - begin) : 0))
  })
  return tf.tensor2d(rows)
}
