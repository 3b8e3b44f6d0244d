import { KdError, type Examples } from '@kd/core'
import { parseIdx } from './parse-idx.js'

/** One split of MNIST or of a set in its format. */
export interface MnistFiles {
  /** An IDX file of [N, height, width], not compressed. */
  readonly images: Uint8Array
  /** An IDX file of [N], not compressed. */
  readonly labels: Uint8Array
  /** The name of the file with the images, for error messages. @defaultValue 'images' */
  readonly imagesName?: string
  /** The name of the file with the labels, for error messages. @defaultValue 'labels' */
  readonly labelsName?: string
}

/** Examples with the shape of one input. */
export interface MnistExamples {
  readonly examples: Examples
  /** [height, width, 1] */
  readonly inputShape: readonly [number, number, 1]
}

/**
 * Reads one split of MNIST, Fashion-MNIST or another set of 10 classes in that format. It does no input and output, so
 * that a browser can fetch the bytes itself.
 *
 * @param files - the two files' bytes
 * @returns byte images [N, height, width, 1] with ids 0 ... N - 1
 * @throws {@link KdError} when a file is damaged, the counts differ, or a label is not in [0, 10)
 *
 * @example
 * ```ts
 * import { parseMnist } from '@kd/datasets'
 *
 * const images = new Uint8Array([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20])
 * const labels = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 9])
 * console.log(parseMnist({ images, labels }).inputShape) // [1, 2, 1]
 * ```
 */
export function parseMnist(files: MnistFiles): MnistExamples {
  const { imagesName = 'images', labelsName = 'labels' } = files
  const images = parseIdx(files.images, imagesName)
  const labels = parseIdx(files.labels, labelsName)
  const [count, height, width] = images.shape
  if (images.shape.length !== 3 || count === undefined || height === undefined || width === undefined) {
    throw new KdError(`parseMnist: ${imagesName} must have 3 axes, got [${images.shape.join(', ')}]`, {
      hint: 'is it the label file?',
    })
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new KdError(
      `parseMnist: ${labelsName} must have a label for each of the ${count} images of ${imagesName}, got [${labels.shape.join(', ')}]`,
      { hint: 'take both files from one split (train or t10k)' },
    )
  }
  const wrong = labels.values.findIndex((label) => label >= 10)
  if (wrong >= 0) {
    throw new KdError(
      `parseMnist: ${labelsName} must have labels in [0, 10), got ${labels.values[wrong]} for example ${wrong}`,
      {
        hint: 'MNIST and Fashion-MNIST have 10 classes; a set with more or other ones, such as EMNIST, can be read as an image-folder or parquet, and by parseIdx in a program. Otherwise the file is damaged: fetch it again',
      },
    )
  }
  const ids = Int32Array.from({ length: count }, (_, row) => row)
  const examples: Examples = { inputs: images.values, labels: Int32Array.from(labels.values), ids }
  return { examples, inputShape: [height, width, 1] }
}
