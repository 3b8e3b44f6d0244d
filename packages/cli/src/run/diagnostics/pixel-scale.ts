import type { Dataset } from '@kd/core'

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
