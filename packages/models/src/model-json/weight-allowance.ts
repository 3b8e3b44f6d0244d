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
  left: number
  readonly made: Disposable[]
}

/** Runs a function so that everything that it starts finds the same allowance. */
interface AllowanceStorage {
  run<Result>(allowance: Allowance, work: () => Promise<Result>): Promise<Result>
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
  const allowance: Allowance = { left: numbers, made: [] }
  return storage.run(allowance, load).catch((error: unknown) => {
    for (const weight of allowance.made) weight.dispose()
    throw error
  })
}

function watchedLayers(): AllowanceStorage {
  const { AsyncLocalStorage } =
    builtinModule<typeof asyncHooks>('node:async_hooks') ?? ({} as Partial<typeof asyncHooks>)
  const found: AllowanceStorage =
    AsyncLocalStorage === undefined ? oneAtATime() : new AsyncLocalStorage<Allowance>()
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

/** Where the runtime does not follow asynchronous calls, as in a browser, one model is loaded after the other. */
function oneAtATime(): AllowanceStorage {
  let current: Allowance | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    getStore: () => current,
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
  if (size <= allowance.left) allowance.left -= size
  else {
    throw new KdError(
      `the weight ${name.slice(0, 200)} must be among the numbers in the file of the weights, ${allowance.left} are left, got the shape [${shape.join()}]`,
    )
  }
}
