import { KdError } from '@kd/core'
import { layers } from '@tensorflow/tfjs-layers'
import type * as asyncHooks from 'node:async_hooks'
import { builtinModule } from '../files/builtin-module.js'

type AddWeight = (name: string, shape: readonly number[], ...others: readonly unknown[]) => Disposable

interface Disposable {
  dispose(): void
}

/** What the layers of one model may still make, and what they have made. */
interface Allowance {
  /** Numbers and weights that may still be made. */
  numbers: number
  weights: number
  readonly made: Disposable[]
  /** Says what is wrong with a weight that is too much. */
  readonly refusal: (weight: string, shape: string, left: number) => KdError
}

/** Runs a function so that everything that it starts finds the same allowance. */
interface AllowanceStorage {
  run<Result>(allowance: Allowance, work: () => Promise<Result>): Promise<Result>
  /** The same for a function that does not wait. */
  runAtOnce<Result>(allowance: Allowance, work: () => Result): Result
  getStore(): Allowance | undefined
}

let storage: AllowanceStorage | undefined

/**
 * Loads a model whose layers may make so many numbers and no more. TensorFlow.js makes the weights that a topology claims, be
 * they gigabytes, before it looks at those that are there, and has no place to ask it not to: what all of its layers make their
 * weights by is replaced, and asks for leave while a model is being loaded here. If loading fails, the weights that were made
 * are disposed.
 *
 * @param numbers - in the file of the weights
 * @param load - builds the model
 * @returns the model
 * @throws {@link KdError} when a layer wants more
 */
export async function withinWeights<Model>(numbers: number, load: () => Promise<Model>): Promise<Model> {
  storage ??= watchedLayers()
  const allowance: Allowance = { numbers, weights: Infinity, made: [], refusal: fewerInFile }
  return storage.run(allowance, load).catch((error: unknown) => {
    for (const weight of allowance.made) weight.dispose()
    throw error
  })
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
  storage ??= watchedLayers()
  const refusal = (weight: string, shape: string): KdError =>
    new KdError(
      `${place} must have at most ${MAX_NUMBERS} numbers in at most ${MAX_WEIGHTS} weights, got more at the weight ${weight} of the shape ${shape}`,
      { hint: 'make its layers smaller or fewer' },
    )
  const allowance: Allowance = { numbers: MAX_NUMBERS, weights: MAX_WEIGHTS, made: [], refusal }
  try {
    return storage.runAtOnce(allowance, make)
  } catch (error) {
    for (const weight of allowance.made) weight.dispose()
    throw error
  }
}

function fewerInFile(weight: string, shape: string, left: number): KdError {
  return new KdError(
    `the weight ${weight} must be among the numbers in the file of the weights, ${left} are left, got the shape ${shape}`,
  )
}

function watchedLayers(): AllowanceStorage {
  const { AsyncLocalStorage } =
    builtinModule<typeof asyncHooks>('node:async_hooks') ?? ({} as Partial<typeof asyncHooks>)
  const found = AsyncLocalStorage === undefined ? oneAtATime() : following(new AsyncLocalStorage<Allowance>())
  const prototype = layers.Layer.prototype as unknown as { addWeight: AddWeight }
  const addWeight = prototype.addWeight
  prototype.addWeight = function (name, shape, ...others) {
    const allowance = found.getStore()
    if (allowance !== undefined) take(allowance, name, shape)
    const weight = addWeight.call(this, name, shape, ...others)
    allowance?.made.push(weight)
    return weight
  }
  return found
}

function following(local: asyncHooks.AsyncLocalStorage<Allowance>): AllowanceStorage {
  return {
    getStore: () => local.getStore(),
    run: (allowance, work) => local.run(allowance, work),
    runAtOnce: (allowance, work) => local.run(allowance, work),
  }
}

/** Where the runtime does not follow asynchronous calls, as in a browser, one model is loaded after the other. */
function oneAtATime(): AllowanceStorage {
  let current: Allowance | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    getStore: () => current,
    runAtOnce(allowance, work) {
      const before = current
      current = allowance
      try {
        return work()
      } finally {
        current = before
      }
    },
    run(allowance, work) {
      const result = last.then(async () => {
        current = allowance
        try {
          return await work()
        } finally {
          current = undefined
        }
      })
      last = result.catch(() => undefined)
      return result
    },
  }
}

function take(allowance: Allowance, name: string, shape: readonly number[]): void {
  const size = shape.reduce((product, length) => product * (length >= 0 ? length : NaN), 1)
  allowance.weights -= 1
  if (size <= allowance.numbers && allowance.weights >= 0) allowance.numbers -= size
  else throw allowance.refusal(name.slice(0, 200), `[${shape.join().slice(0, 200)}]`, allowance.numbers)
}
