import type * as tf from '@tensorflow/tfjs-core'
import type { RunningMethod, Step } from '@kd/core'
import { termNames, termScales, unscaledTerms } from './mixing-terms.js'
import { termGradients } from './term-gradients.js'

/** The K terms of a mix in one run: the label first, then the others. */
export interface MixedTerms {
  readonly names: readonly string[]
  /** What each of `losses` is multiplied by before it is weighted. */
  readonly scales: readonly number[]
  /** The K losses [N] of a step, neither scaled nor weighted. */
  losses(step: Step): tf.Tensor1D[]
  /**
   * Gradients of the scaled terms in the student's logits.
   *
   * @param step - a group of examples
   * @param batchSize - what they are divided by
   * @returns K tables [N, C]; the caller disposes them
   */
  gradients(step: Step, batchSize: number): tf.Tensor2D[]
  /** Makes the further forms of the inputs that the terms want to see, by the names in the mix's needs. */
  readonly views?: RunningMethod['views']
}

/** Terms that are methods, which keep a state of their own. */
export interface MethodTerms extends MixedTerms {
  /**
   * Puts together what the mix does and what its terms do beside their losses.
   *
   * @param mix - has one phase, of the student
   * @returns the method as the run sees it
   */
  around(mix: RunningMethod): RunningMethod
}

/**
 * The terms that a mix has by default: cross-entropy to the label, then temperature^2 * KL to each teacher.
 *
 * @param teachers - how many there are
 * @param temperature - softens teachers and student
 * @returns teachers + 1 terms
 */
export function teacherTerms(teachers: number, temperature: number): MixedTerms {
  return {
    names: termNames(teachers),
    scales: termScales(teachers, temperature),
    losses: (step) => unscaledTerms(step, temperature),
    gradients: (step, batchSize) => termGradients(step, { temperature, batchSize }),
  }
}
