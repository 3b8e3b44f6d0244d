import { InvalidArgumentError } from '@kd/core'

/** Checks that a value is a whole number of at least `minimum`. */
export function assertCount(value: number, argument: string, functionName: string, minimum = 1): void {
  if (Number.isInteger(value) && value >= minimum) return
  throw new InvalidArgumentError(
    `${functionName}: ${argument} must be a whole number >= ${minimum}, got ${value}`,
  )
}

/** A part of some examples that was asked for. */
interface Part {
  /** A fraction in (0, 1) of the total, which is rounded to a whole number, or a whole number from 1. */
  readonly value: number
  readonly total: number
  readonly argument: string
  readonly functionName: string
}

/** Turns a fraction or count into a count that leaves at least one example over. */
export function toCount({ value, total, argument, functionName }: Part): number {
  const count = value < 1 ? Math.round(value * total) : value
  if (Number.isInteger(count) && value > 0 && count >= 1 && count < total) return count
  throw new InvalidArgumentError(
    `${functionName}: ${argument} must be a fraction in (0, 1) or a count that leaves some of the ${total} training examples, got ${value}`,
  )
}
