import { KdError } from '@kd/core'
import { layers } from '@tensorflow/tfjs-layers'
import { AsyncLocalStorage } from 'node:async_hooks'

type AddWeight = (name: string, shape: readonly number[], ...others: readonly unknown[]) => unknown

const allowances = new AsyncLocalStorage<{ left: number }>()
let original: AddWeight | undefined

/**
 * Loads a model whose layers may make so many numbers and no more. TensorFlow.js makes the weights that a topology claims, be
 * they gigabytes, before it looks at those that are there, and has no place to ask it not to: what all of its layers make their
 * weights by is replaced, and asks for leave while a model is being loaded here.
 *
 * @param numbers - in the file of the weights
 * @param load - builds the model
 * @throws {@link KdError} when a layer wants more
 */
export function withinWeights<Model>(numbers: number, load: () => Promise<Model>): Promise<Model> {
  if (original === undefined) {
    const prototype = layers.Layer.prototype as unknown as { addWeight: AddWeight }
    const addWeight = prototype.addWeight
    original = addWeight
    prototype.addWeight = function (name, shape, ...others) {
      take(name, shape)
      return addWeight.call(this, name, shape, ...others)
    }
  }
  return allowances.run({ left: numbers }, load)
}

function take(name: string, shape: readonly number[]): void {
  const allowance = allowances.getStore()
  if (allowance === undefined) return
  const size = shape.reduce((product, length) => product * (length >= 0 ? length : NaN), 1)
  if (size <= allowance.left) allowance.left -= size
  else {
    throw new KdError(
      `the weight ${name.slice(0, 200)} must be among the numbers in weights.bin, ${allowance.left} are left, got the shape [${shape.join()}]`,
    )
  }
}
