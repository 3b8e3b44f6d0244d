import * as tf from '@tensorflow/tfjs-core'
import {
  defineWrapper,
  optionalOption,
  positive,
  studentPhases,
  withoutGradient,
  wrapMethod,
  type ExampleLosses,
  type Step,
} from '@kd/core'
import * as z from 'zod/mini'
import { lambertW } from './lambert-w.js'

/**
 * Any method with easy examples heard more and hard ones less: a curriculum, and a guard against wrong labels.
 *
 *     loss_i = (inner_i - threshold) s_i + regularization (log s_i)^2
 *     s_i    = exp(-W(max(-2/e, (inner_i - threshold) / regularization) / 2))
 *
 * with Lambert's W: the s that makes loss_i least, or e where no least value exists. The confidence s_i in (0, e] is a constant for
 * the gradient, which is therefore s_i times that of the inner loss.
 * Parts: the inner ones times s_i, and `confidence`, what the formula adds to them; it may be negative. By example it gives
 * `confidence`, the s_i of the student in use, where student and teachers are run for it.
 *
 * @param method - any, such as `fixedMixing()` or `labelLoss()`; without a threshold, one for classification
 * @param options - see {@link SuperLossOptions}
 * @returns the combined method, named `super-` and the method's name; its state is the inner one's
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { fixedMixing, superLoss } from '@kd/meta-mixing'
 *
 * const method = superLoss(fixedMixing(), { regularization: 0.25 })
 * console.log(method.name) // super-fixed-mixing
 * ```
 *
 * @see Castells, Weinzaepfel, Revaud: SuperLoss: A Generic Loss for Robust Curriculum Learning, NeurIPS 2020. A fixed threshold of log C is
 * what its code has for cross-entropy, and what the code of AMAL has for the mixed loss, with lambda 1 on CIFAR-10 and 0.25 on CIFAR-100.
 */
export const superLoss = defineWrapper({
  name: 'super-loss',
  summary: 'any method with easy examples heard more and hard ones less (SuperLoss 2020)',
  source:
    'Castells, Weinzaepfel, Revaud: SuperLoss: A Generic Loss for Robust Curriculum Learning, NeurIPS 2020',
  options: {
    regularization: positive(
      1,
      'how firmly every example is held at the same weight: the lambda of the paper',
    ),
    threshold: optionalOption(
      z.number(),
      'loss in nats that tells easy examples from hard ones; without it the logarithm of the number of classes',
    ),
  },
  wrap(method, { regularization, threshold }) {
    const limitOf = ({ studentLogits }: Step): number => threshold ?? Math.log(studentLogits.shape[1])
    const weighed = (parts: ExampleLosses, limit: number): ExampleLosses => {
      const confidence = withoutGradient(() => confidences(parts, { regularization, limit }))
      const weighted = Object.entries(parts).map(
        ([name, losses]) => [name, tf.mul(confidence, losses)] as const,
      )
      return {
        ...Object.fromEntries(weighted),
        confidence: tf.sub(
          tf.mul(regularization, tf.square(tf.log(confidence))),
          tf.mul<tf.Tensor1D>(limit, confidence),
        ),
      }
    }
    // Examples are looked at in passes, which have no views.
    const canShow = Object.keys(method.needs.views ?? {}).length === 0
    return wrapMethod(method, {
      name: `super-${method.name}`,
      needs: { tasks: threshold === undefined ? ['classification'] : 'any', exampleOutputs: canShow },
      start: (_, running) => ({
        phases: studentPhases(running, (step, inner) => weighed(inner(step), limitOf(step))),
        ...(canShow && {
          examples: async (ids: Int32Array, step?: Step) => {
            const others = await running.examples?.(ids, step)
            if (step === undefined) return { ...others }
            const phase = running.phases.find(({ learner }) => learner === 'student')!
            const confidence = tf.tidy(() =>
              confidences(phase.loss(step), { regularization, limit: limitOf(step) }),
            )
            const values = await confidence.data<'float32'>()
            confidence.dispose()
            return { ...others, confidence: values }
          },
        }),
      }),
    })
  },
})

/** Options of {@link superLoss}. */
export type SuperLossOptions = NonNullable<Parameters<typeof superLoss>[1]>

/** The s_i of the formula. */
function confidences(
  parts: ExampleLosses,
  { regularization, limit }: { readonly regularization: number; readonly limit: number },
): tf.Tensor1D {
  const excess = tf.sub(tf.addN(Object.values(parts)), limit)
  const aboveBranch = tf.relu(tf.add(tf.div(excess, 2 * regularization), 1 / Math.E))
  return tf.exp(tf.neg(lambertW(aboveBranch as tf.Tensor1D)))
}
