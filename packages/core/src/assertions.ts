import type { Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from './errors.js'

/**
 * Checks that a number is finite and greater than zero.
 *
 * @param value - the number found
 * @param argument - its name, for the message
 * @param functionName - the function that was called, for the message
 * @throws {@link InvalidArgumentError} otherwise
 */
export function assertPositive(value: number, argument: string, functionName: string): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new InvalidArgumentError(`${functionName}: ${argument} must be a finite number > 0, got ${value}`)
  }
}

/** The ends of a range; an end is part of it unless it is said to be open. */
export interface Range {
  readonly min: number
  readonly max?: number
  readonly minOpen?: boolean
  readonly maxOpen?: boolean
}

/**
 * Checks that a number lies in a range.
 *
 * @param value - the number found
 * @param range - the allowed values; `max` defaults to infinity (excluded)
 * @param argument - its name, for the message
 * @param functionName - the function that was called, for the message
 * @throws {@link InvalidArgumentError} when it is outside or not a number
 */
export function assertInRange(value: number, range: Range, argument: string, functionName: string): void {
  const { min, max = Infinity, minOpen = false, maxOpen = max === Infinity } = range
  const inside = (minOpen ? value > min : value >= min) && (maxOpen ? value < max : value <= max)
  if (inside) return
  const interval = `${minOpen ? '(' : '['}${min}, ${max}${maxOpen ? ')' : ']'}`
  throw new InvalidArgumentError(`${functionName}: ${argument} must be in ${interval}, got ${value}`)
}

/** Anything with a shape. */
export interface Shaped {
  readonly shape: readonly number[]
}

/**
 * Checks that named tensors all have one shape.
 *
 * @param tensors - by argument name; the first one sets the shape
 * @param functionName - the function that was called, for the message
 * @throws {@link ShapeError} naming both arguments and both shapes
 */
export function assertSameShape(tensors: Readonly<Record<string, Shaped>>, functionName: string): void {
  const [first, ...others] = Object.entries(tensors)
  if (first === undefined) return
  const [firstName, { shape }] = first
  for (const [name, other] of others) {
    if (other.shape.length === shape.length && other.shape.every((size, axis) => size === shape[axis]))
      continue
    throw new ShapeError(
      `${functionName}: ${firstName} and ${name} must have the same shape, got [${shape.join(', ')}] and [${other.shape.join(', ')}]`,
    )
  }
}

/**
 * Checks that a tensor is a table of logits: N examples by C >= 2 classes.
 *
 * @param tensor - the tensor found
 * @param argument - its name, for the message
 * @param functionName - the function that was called, for the message
 * @throws {@link ShapeError} otherwise
 */
export function assertLogits(tensor: Shaped, argument: string, functionName: string): void {
  const [examples, classes] = tensor.shape
  if (tensor.shape.length === 2 && examples! >= 1 && classes! >= 2) return
  throw new ShapeError(
    `${functionName}: ${argument} must have shape [N, C] with N >= 1 and C >= 2, got [${tensor.shape.join(', ')}]`,
  )
}

/**
 * Checks that labels are int32 class indices, one per row of the logits. Their values are not read here,
 * because that would make a GPU engine wait; the training loop checks them once before it starts.
 *
 * @param labels - the tensor found, wanted as [N] int32
 * @param logits - the [N, C] table that they belong to
 * @param functionName - the function that was called, for the message
 * @throws {@link ShapeError} when the shape differs, {@link InvalidArgumentError} when the type does
 */
export function assertLabels(labels: Tensor, logits: Shaped, functionName: string): void {
  if (labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new ShapeError(
      `${functionName}: labels must have shape [${logits.shape[0]}], one per row of the logits, got [${labels.shape.join(', ')}]`,
    )
  }
  if (labels.dtype !== 'int32') {
    throw new InvalidArgumentError(
      `${functionName}: labels must be int32 class indices, got ${labels.dtype}`,
      {
        hint: "make them with tf.tensor1d(indices, 'int32')",
      },
    )
  }
}
