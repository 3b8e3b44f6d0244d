import { meanLoss, wrapMethod } from '@kd/core'
import type { DistillationMethod } from '@kd/core'
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
export function standardizedLogits(method: DistillationMethod): DistillationMethod {
  return wrapMethod(method, {
    name: `standardized-${method.name}`,
    loss(batch) {
      const { parts } = method.loss({
        ...batch,
        studentLogits: standardizeLogits(batch.studentLogits),
        teacherLogits: batch.teacherLogits.map(standardizeLogits),
      })
      if (parts['label'] === undefined) return meanLoss(parts)
      const { label } = method.loss(batch).parts
      return meanLoss({ ...parts, label: label! })
    },
  })
}
