import * as tf from '@tensorflow/tfjs-core'
import type { Slots } from './slots.js'

/** What an optimizer's step changes. */
export interface StepTensors {
  readonly variables: readonly tf.Variable[]
  /** One per variable, or undefined where it stays. */
  readonly gradients: readonly (tf.Tensor | undefined)[]
  readonly slots: Slots
  /** Names of the slots that the step reads and replaces. */
  readonly slotNames: readonly string[]
}

/**
 * Takes the step of all variables as one kernel of the engine, if it has one of that name: one pass over memory in place of one per
 * operation, and one call in place of one per variable. `KdSgdSteps` and `KdAdamSteps` of `@kd/native` are such kernels.
 *
 * @param name - of the kernel
 * @param tensors - see {@link StepTensors}; a slot that is not there yet counts as the first step of its variable
 * @param attributes - further numbers
 * @returns whether the engine has such a kernel; if not, nothing was changed
 */
export function runFusedSteps(
  name: string,
  { variables, gradients, slots, slotNames }: StepTensors,
  attributes: Readonly<Record<string, number | boolean>>,
): boolean {
  if (tf.getKernel(name, tf.getBackend()) == null) return false
  tf.tidy(() => {
    const inputs: tf.NamedTensorMap = {}
    const moving: number[] = []
    gradients.forEach((gradient, index) => {
      if (gradient === undefined) return
      const position = moving.push(index) - 1
      inputs[`variable${position}`] = variables[index]!
      inputs[`gradient${position}`] = gradient
      for (const slot of slotNames) {
        const before = slots.get(index, slot)
        if (before !== undefined) inputs[`${slot}${position}`] = before
      }
    })
    const results = tf
      .engine()
      .runKernel<tf.Tensor[]>(name, inputs, { ...attributes, count: moving.length })
      .values()
    for (const index of moving) {
      variables[index]!.assign(results.next().value!)
      for (const slot of slotNames) slots.set(index, slot, results.next().value!)
    }
  })
  return true
}
