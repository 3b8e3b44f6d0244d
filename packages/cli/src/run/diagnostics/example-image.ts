import type { Dataset } from '@kd/core'
import { encode } from 'fast-png'

/** Pixels that a side has at most: enough for a look, and a report stays small. */
const SIDE = 96

/**
 * Makes pictures of training examples.
 *
 * @param dataset - of them
 * @returns a function from a row of the training split to a PNG file in base64; to undefined where inputs are no images
 */
export function exampleImages(dataset: Dataset): (row: number) => string | undefined {
  if (!isImage(dataset)) return () => undefined
  const [height, width, channels] = dataset.inputShape as [number, number, number]
  const toByte = pixelScale(dataset)
  const factor = Math.ceil(Math.max(height, width) / SIDE)
  const size = height * width * channels
  return (row) => {
    const pixels = dataset.train.inputs.subarray(row * size, (row + 1) * size)
    const small =
      factor === 1 ? { pixels, height, width } : shrink(pixels, { height, width, channels, factor })
    const data = Uint8Array.from(small.pixels, toByte)
    const image = { width: small.width, height: small.height, channels, data }
    return Buffer.from(encode(image)).toString('base64')
  }
}

/** Whether a data set's inputs are images [height, width, 1 or 3 channels]. */
export function isImage({ inputShape }: Dataset): boolean {
  return inputShape.length === 3 && [1, 3].includes(inputShape[2]!)
}

/** Makes inputs brightness: black is the least and white the greatest of the split, as bytes do not always go to 255. */
export function pixelScale({ train: { inputs } }: Dataset): (value: number) => number {
  let [least, greatest] = [Infinity, -Infinity]
  for (const value of inputs) {
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
  }
  const unit = 255 / (greatest - least || 1)
  return (value) => Math.round((value - least) * unit)
}

interface Shrinking {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly factor: number
}

/** Each pixel the mean of `factor` times `factor`; what is left over at the right and the bottom is cut off. */
function shrink(
  pixels: ArrayLike<number>,
  { height, width, channels, factor }: Shrinking,
): { readonly pixels: Float32Array; readonly height: number; readonly width: number } {
  const small = { height: Math.floor(height / factor), width: Math.floor(width / factor) }
  const result = new Float32Array(small.height * small.width * channels)
  for (let y = 0; y < small.height * factor; y++)
    for (let x = 0; x < small.width * factor; x++)
      for (let channel = 0; channel < channels; channel++) {
        const to = (Math.floor(y / factor) * small.width + Math.floor(x / factor)) * channels + channel
        result[to]! += pixels[(y * width + x) * channels + channel]! / factor ** 2
      }
  return { pixels: result, ...small }
}
