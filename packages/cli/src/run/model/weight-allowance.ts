import { KdError } from '@kd/core'
import { layers } from '@tensorflow/tfjs-layers'
import { AsyncLocalStorage } from 'node:async_hooks'

type AddWeight = (name: string, shape: readonly number[], ...others: readonly unknown[]) => unknown

interface Allowance {
  /** Numbers and weights that may still be made. */
  numbers: number
  weights: number
  /** Says what is wrong with a weight that is too much. */
  readonly refusal: (weight: string, shape: string, left: number) => KdError
}

const allowances = new AsyncLocalStorage<Allowance>()
let original: AddWeight | undefined

/**
 * Loads a model whose layers may make so many numbers and no more. TensorFlow.js makes the weights that a topology claims, be
 * they gigabytes, before it looks at those that are there, and has no place to ask it not to: what all of its layers make their
 * weights by is replaced, and asks for leave while a model is being made here.
 *
 * @param numbers - in the file of the weights
 * @param load - builds the model
 * @throws {@link KdError} when a layer wants more
 */
export function withinWeights<Result>(numbers: number, load: () => Result): Result {
  return within({ numbers, weights: Infinity, refusal: fewerInFile }, load)
}

/** Numbers in the weights of a model that a config describes, 2 GiB of them, and how many weights these may be. */
const MAX_NUMBERS = 2 ** 29
const MAX_WEIGHTS = 20_000

/**
 * Makes a model that a config describes, where a number that is too large would otherwise fill the memory or take for ever.
 *
 * @param place - of the model in the config
 * @param make - builds the model
 * @throws {@link KdError} when its weights are too many or too large
 */
export function withinSize<Result>(place: string, make: () => Result): Result {
  const refusal = (weight: string, shape: string): KdError =>
    new KdError(
      `${place} must have at most ${MAX_NUMBERS} numbers in at most ${MAX_WEIGHTS} weights, got more at the weight ${weight} of the shape ${shape}`,
      { hint: 'make its layers smaller or fewer' },
    )
  return within({ numbers: MAX_NUMBERS, weights: MAX_WEIGHTS, refusal }, make)
}

function fewerInFile(weight: string, shape: string, left: number): KdError {
  return new KdError(
    `the weight ${weight} must be among the numbers in weights.bin, ${left} are left, got the shape ${shape}`,
  )
}

function within<Result>(allowance: Allowance, make: () => Result): Result {
  if (original === undefined) {
    const prototype = layers.Layer.prototype as unknown as { addWeight: AddWeight }
    const addWeight = prototype.addWeight
    original = addWeight
    prototype.addWeight = function (name, shape, ...others) {
      take(name, shape)
      return addWeight.call(this, name, shape, ...others)
    }
  }
  return allowances.run(allowance, make)
}

function take(name: string, shape: readonly number[]): void {
  const allowance = allowances.getStore()
  if (allowance === undefined) return
  const size = shape.reduce((product, length) => product * (length >= 0 ? length : NaN), 1)
  allowance.weights -= 1
  if (size <= allowance.numbers && allowance.weights >= 0) allowance.numbers -= size
  else throw allowance.refusal(name.slice(0, 200), `[${shape.join().slice(0, 200)}]`, allowance.numbers)
}
