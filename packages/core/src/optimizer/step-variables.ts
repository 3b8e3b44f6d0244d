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

/** Gives a variable's new value, inside a tidy, and replaces its slots. */
export type StepUpdate = (index: number, variable: tf.Variable, gradient: tf.Tensor) => tf.Tensor

/**
 * Takes an optimizer's step on all variables that have a gradient. An engine can have a kernel for it: one pass over memory in
 * place of one per operation, and one call in place of one per variable. `KdSgdSteps` and `KdAdamSteps` of `@kd/native` are such
 * kernels.
 *
 * @param kernel - its name
 * @param tensors - see {@link StepTensors}; a slot that is not there yet counts as the first step of its variable
 * @param attributes - further numbers for the kernel
 * @param update - the same for one variable, on other engines
 */
export function stepVariables(
  kernel: string,
  tensors: StepTensors,
  attributes: Readonly<Record<string, number | boolean>>,
  update: StepUpdate,
): void {
  const { variables, gradients } = tensors
  if (tf.getKernel(kernel, tf.getBackend()) != null) {
    tf.tidy(() => {
      fusedStep(kernel, tensors, attributes)
    })
    return
  }
  variables.forEach((variable, index) => {
    const gradient = gradients[index]
    if (gradient !== undefined) {
      tf.tidy(() => {
        variable.assign(update(index, variable, gradient))
      })
    }
  })
}

function fusedStep(
  kernel: string,
  { variables, gradients, slots, slotNames }: StepTensors,
  attributes: Readonly<Record<string, number | boolean>>,
): void {
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
    .runKernel<tf.Tensor[]>(kernel, inputs, { ...attributes, count: moving.length })
    .values()
  for (const index of moving) {
    variables[index]!.assign(results.next().value!)
    for (const slot of slotNames) slots.set(index, slot, results.next().value!)
  }
}
