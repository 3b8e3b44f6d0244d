import type { DistillationMethod } from './distillation-method.js'

/**
 * A method that does everything as another one but for what is given: how a mask, a weight or a changed teacher is put around any
 * method.
 *
 * Delegates member by member: a method may be an object of a class, which spreading would take apart.
 *
 * @param method - does the rest
 * @param changes - name and loss of the new method, and what else it does its own way
 * @returns the new method
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { labelLoss, meanLoss, wrapMethod } from '@kd/core'
 *
 * const method = labelLoss()
 * const halved = wrapMethod(method, {
 *   name: `halved-${method.name}`,
 *   loss: (batch) => meanLoss({ label: tf.mul(0.5, method.loss(batch).parts['label']!) }),
 * })
 * console.log(halved.name) // halved-label-loss
 * ```
 */
export function wrapMethod(
  method: DistillationMethod,
  changes: Pick<DistillationMethod, 'name' | 'loss'> & Partial<DistillationMethod>,
): DistillationMethod {
  return {
    ...(method.requires && { requires: method.requires }),
    ...(method.variables && { variables: method.variables }),
    ...(method.beforeEpoch && { beforeEpoch: (context) => method.beforeEpoch!(context) }),
    ...(method.saveState && { saveState: () => method.saveState!() }),
    ...(method.loadState && {
      loadState: (state) => {
        method.loadState!(state)
      },
    }),
    ...changes,
  }
}
