import { assertInRange, InvalidArgumentError, ShapeError } from '@kd/core'
import * as z from 'zod/mini'

/** Height, width and channels of one image. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** What the convolutional families take beside their own options. */
export interface ImageModelOptions {
  /** C, the number of logits; an integer >= 1. */
  readonly classes: number
  /** Shape of one input image. @defaultValue [32, 32, 3] */
  readonly inputShape?: readonly number[]
  /** The same seed gives the same initial weights on every engine. @defaultValue 0 */
  readonly seed?: number | string
}

/** A number of channels or units. */
export const width = z.int().check(z.minimum(1))

/** The input shape of the CIFAR data sets. */
export const cifarShape: ImageShape = [32, 32, 3]

/**
 * Checks the options that all convolutional families share.
 *
 * @param minimumSize - the smallest height and width of which the family's strides leave a pixel
 */
export function assertImageModel(
  classes: number,
  inputShape: readonly number[],
  functionName: string,
  minimumSize = 1,
): void {
  assertClasses(classes, functionName)
  const [height = 0, width = 0] = inputShape
  const whole = inputShape.length === 3 && inputShape.every((size) => Number.isInteger(size) && size >= 1)
  if (whole && height >= minimumSize && width >= minimumSize) return
  throw new ShapeError(
    `${functionName}: inputShape must be [height, width, channels], integers with height and width >= ${minimumSize}, got [${inputShape.join(', ')}]`,
  )
}

/** Checks the number of logits; one is enough to predict a number. */
export function assertClasses(classes: number, functionName: string): void {
  assertInteger(classes, 1, 'classes', functionName)
}

/** Checks that a number is an integer of at least `min`. */
export function assertInteger(value: number, min: number, argument: string, functionName: string): void {
  assertInRange(value, { min }, argument, functionName)
  if (!Number.isInteger(value))
    throw new InvalidArgumentError(`${functionName}: ${argument} must be an integer, got ${value}`)
}
