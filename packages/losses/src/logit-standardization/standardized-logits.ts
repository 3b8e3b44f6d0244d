import { defineWrapper, wrapMethod, type RunningMethod, type Step } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { standardizeLogits } from './standardize-logits.js'

/**
 * Puts logit standardization before any method on logits: it sees student and teacher logits with mean 0 and standard
 * deviation 1 per example, so that the student need match the teacher's ranking and relations, not its scale.
 *
 * The part named `label` is an exception, as in the authors' code: it is computed on the logits as they are. For it the
 * method runs a second time without gradient of its other parts. Weights stay those of the method; a standardized
 * divergence is smaller, and the authors give it nine times the weight at temperature 2.
 *
 * @param method - a method on logits whose cross-entropy to the label is the part `label`, as with all of this package
 * @returns the method, named `standardized-` and its name
 *
 * @example
 * ```ts
 * import { decoupledKd, standardizedLogits } from '@kd/losses'
 *
 * const method = standardizedLogits(decoupledKd({ targetClassWeight: 9, nonTargetClassWeight: 72 }))
 * console.log(method.name) // standardized-decoupled-kd
 * ```
 *
 * @see Sun et al.: Logit Standardization in Knowledge Distillation, CVPR 2024, arXiv 2403.01427;
 * sunshangquan/logit-standardization-KD, mdistiller/distillers
 */
export const standardizedLogits = defineWrapper({
  name: 'standardized-logits',
  summary: 'standardize the logits of student and teacher before the method reads them (2024)',
  source: 'Sun et al.: Logit Standardization in Knowledge Distillation, CVPR 2024, arXiv 2403.01427',
  options: {},
  wrap: (method) =>
    wrapMethod(method, {
      name: `standardized-${method.name}`,
      needs: {},
      loss(step, inner) {
        const parts = inner(standardize(step))
        return parts['label'] === undefined ? parts : { ...parts, label: inner(step)['label']! }
      },
      start: (_, inner) => (inner.examples === undefined ? {} : { examples: examplesOf(inner) }),
    }),
})

function standardize(step: Step): Step {
  return {
    ...step,
    studentLogits: standardizeLogits(step.studentLogits),
    teacherLogits: step.teacherLogits.map(standardizeLogits),
  }
}

/** What the method says about examples when it sees the standardized logits, as in its loss. */
function examplesOf(inner: RunningMethod): NonNullable<RunningMethod['examples']> {
  return async (ids, step) => {
    if (step === undefined) return inner.examples!(ids)
    const logits = tf.tidy(() => {
      const { studentLogits, teacherLogits } = standardize(step)
      return [studentLogits, ...teacherLogits]
    })
    try {
      const [studentLogits, ...teacherLogits] = logits
      return await inner.examples!(ids, { ...step, studentLogits: studentLogits!, teacherLogits })
    } finally {
      tf.dispose(logits)
    }
  }
}
