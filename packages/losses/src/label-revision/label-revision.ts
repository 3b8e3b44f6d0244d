import * as z from 'zod/mini'
import { defineMethod, option, type OptionsOf } from '@kd/core'
import { movedProbability } from '../terms/moved-probability.js'
import { readExamples } from '../terms/read-examples.js'
import { divergenceLosses, divergenceOptions } from './divergence-losses.js'
import { meanSquaredLosses, meanSquaredOptions } from './mean-squared-losses.js'

/**
 * Label Revision (LR): corrects the teacher's soft label where the teacher is wrong, just enough that the label wins, and
 * teaches the corrected one.
 *
 * `loss: 'mse'`, the default, is the only published implementation, by the authors of RLD; its parts are means over their
 * own group of the batch, an empty group counts 0:
 *
 *     label   = mean over examples where the teacher is right of CE(student_i, label_i)
 *     teacher = logitLossWeight   * mean over examples in which the teacher is kept of mean_j (student_ij - teacher_ij)^2
 *     revised = revisedLossWeight * mean over the others of mean_j (softmax(student_i)_j - revised_ij)^2
 *
 * `loss: 'kl'` is ours: vanilla KD from the revised teacher, as `withRevisedTeacher` makes it of `vanillaKd`:
 *
 *     loss_i = hardLossWeight * CE(student_i, label_i)
 *            + softLossWeight * temperature^2 * KL(revised_i at temperature || student_i at temperature)
 *
 * Under a teacher that is right on the whole training set nothing is revised: report its training accuracy. With
 * `scope: 'all'` the squared-error form revises every example and has no `teacher` part; that reading is ours too.
 *
 * By example it gives `movedProbability`, the probability that revision moves to the label, 0 where the soft label stays as it is.
 *
 * @param options - see {@link LabelRevisionOptions}: those of one form or of the other
 * @returns a method for one teacher
 * @throws {@link InvalidArgumentError} when an option is out of range, or belongs to the other form
 *
 * @example
 * ```ts
 * import { labelRevision } from '@kd/losses'
 *
 * const published = labelRevision({ eta: 0.8 })
 * const divergence = labelRevision({ loss: 'kl', eta: 0.8, temperature: 4 })
 * console.log(published.name, divergence.name) // label-revision label-revision
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693; squared-error
 * form after mdistiller/distillers/REVISION.py of https://github.com/zju-SWJ/RLD
 */
export const labelRevision = defineMethod({
  name: 'label-revision',
  summary: 'correct the teacher where it is wrong (Lan 2024)',
  source:
    'Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693',
  options: z.discriminatedUnion('loss', [
    z.strictObject({
      loss: option(z.literal('mse'), 'mse', 'compares by squared errors, the published form'),
      ...meanSquaredOptions,
    }),
    z.strictObject({
      loss: z.literal('kl').register(z.globalRegistry, { description: 'compares by KL divergence' }),
      ...divergenceOptions,
    }),
  ]),
  needs: { teachers: 1, exampleOutputs: true },
  loss: (step, options) =>
    options.loss === 'kl' ? divergenceLosses(step, options) : meanSquaredLosses(step, options),
  async examples({ teacherLogits: [teacherLogits], labels }, options) {
    const { eta, scope } = options
    // The form with squared errors has no temperature: it revises the soft labels as they are.
    const temperature = options.loss === 'kl' ? options.temperature : 1
    return {
      movedProbability: await readExamples(() =>
        movedProbability(teacherLogits!, labels, { eta, scope, temperature }),
      ),
    }
  },
})

/** Options of {@link labelRevision}, those of one form or the other. */
export type LabelRevisionOptions = OptionsOf<typeof labelRevision>
