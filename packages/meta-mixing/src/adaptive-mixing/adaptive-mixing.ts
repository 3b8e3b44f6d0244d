import * as tf from '@tensorflow/tfjs-core'
import { defineMethod, unitedNeeds, type Needs, type OptionsOf, type RunningMethod } from '@kd/core'
import { assertLearningRates } from '../terms/assert-learning-rates.js'
import { methodTermNeeds, startMethodTerms } from '../terms/method-terms.js'
import { teacherTerms } from '../terms/mixed-terms.js'
import { weightedTerms, weightName } from '../terms/mixing-terms.js'
import { adaptiveMixingOptions, checkTerms, mixingSettings } from './mixing-options.js'
import { mixingRules } from './mixing-rules.js'
import { MixingTable } from './mixing-table.js'
import { updateTable } from './update-table.js'

/**
 * Learned mixing (ALM-KD, AMAL): how loudly the label and each teacher speak is learned for each example, on held-out data.
 *
 *     loss_i = weights_i0 * CE(student_i, label_i)
 *            + sum_m weights_im * temperature^2 * KL(teacher_im || student_i at temperature)
 *
 * The weights are a table by example id. Before every `every`-th epoch, training examples are taken in random groups; for
 * each, the weights go down the gradient of the held-out cross-entropy after one look-ahead step of the student's last
 * layer on the group ({@link mixingGradient}), `repeats` times:
 *
 *     'amal'     weights_ik <- clamp(weights_ik - stepSize * gradient_ik, 1e-7, 2 - 1e-7)
 *     'alm-kd'   weights_im <- clamp(weights_im - stepSize * (gradient_im - gradient_i0), 1e-7, 1 - 1e-7)
 *                weights_i0 <- 1 - max_m weights_im
 *     'softmax'  scores_ik  <- scores_ik - stepSize * weights_ik (gradient_ik - sum_j weights_ij gradient_ij)
 *                weights_i  <- softmax(scores_i)
 *
 * Parts: `label`, `teacher0`, `teacher1`, ... By example it gives the weights, as `labelWeight`, `teacher0Weight`, ... The log of a run is
 * told the figures of each update: `meanChange`, by which a weight moved, `heldOutNoise`, the part of the held-out gradient's squared
 * length that is chance, and the mean weights, as `meanLabelWeight`, ..., with a warning where more than half is chance. The student needs
 * a dense layer at its end, the data set a validation split, and the learning rate, which scales the updates, must not be 0 at any of
 * them: that is checked before the first epoch.
 *
 * With `terms` the losses of any methods take the place of the teachers' terms, each term being the sum of its method's parts. Its name is the
 * method's in camel case, numbered where two are equal. Variables, phases, views, state and values by example of the methods go on as
 * in a run of their own. The look-ahead through the last layer takes the gradient of a term in the student's logits by automatic
 * differentiation. Where a term reads features of the student or other forms of the inputs, that shows nothing, so the look-ahead goes through
 * the whole network; the variables of the methods stay where they are in such a step. A term that stands as the same number for each
 * example of a batch gets the weights of its group by what all of them do together.
 *
 * The authors' code is followed in constants and order of updates. Ours: the training order of an update is drawn anew each
 * time, and so is the order of the held-out examples; `'alm-kd'` takes the group as the training part of its direction, has
 * several batches in a group, and for several teachers keeps the validation loss of one teacher; `'softmax'` has the
 * constants of `'amal'`, the authors' being unknown to us. With mixed inputs (mixup) the first example's weights count.
 *
 * @param options - see {@link AdaptiveMixingOptions}
 * @returns a method for one or several teachers, or for as many as `terms` want
 * @throws {@link InvalidArgumentError} when an option is out of range, or a term can't be learned from
 *
 * @example
 * ```ts
 * import { adaptiveMixing, curriculumTemperature } from '@kd/meta-mixing'
 *
 * const amal = adaptiveMixing({ preset: 'cifar100' })
 * const mixed = adaptiveMixing({ terms: [curriculumTemperature()], every: 5 })
 * console.log(amal.needs.teachers, mixed.needs.teachers) // all 1
 * ```
 *
 * @see Sivasubramanian et al.: Adaptive Mixing of Auxiliary Losses in Supervised Learning, AAAI 2023, arXiv 2202.03250 (its first
 * version is ALM-KD); https://github.com/durgas16/AMAL
 */
export const adaptiveMixing = defineMethod({
  name: 'adaptive-mixing',
  summary: 'weights per example, learned on held-out data (AMAL 2023, ALM-KD)',
  source:
    'Sivasubramanian et al.: Adaptive Mixing of Auxiliary Losses in Supervised Learning, AAAI 2023, arXiv 2202.03250',
  options: adaptiveMixingOptions,
  check: checkTerms,
  needs({ terms }) {
    const own: Needs = { passes: { studentFeatures: ['penultimate'] }, validation: true }
    return unitedNeeds(terms === undefined ? { teachers: 'all' } : methodTermNeeds(terms), own)
  },
  start(run, options) {
    const settings = mixingSettings(options, run.batchSize)
    const given = options.terms && startMethodTerms(options.terms, run, 'adaptiveMixing')
    const terms = given ?? teacherTerms(run.teachers.length, options.temperature)
    const { names, scales } = terms
    const rule = mixingRules[settings.variant]
    const initial = { others: names.length - 1, teacherWeight: settings.teacherWeight }
    const draws = run.random.split('initial weights')
    const table = MixingTable.create(run.train, names.length, (id) => rule.initial(initial, draws.split(id)))
    const mix: RunningMethod = {
      phases: [
        {
          learner: 'student',
          loss(step) {
            // The weights are scaled outside of the graph, which every training step goes through twice.
            const weights = table.columns(step.ids, scales).map((column) => tf.tensor1d(column))
            return weightedTerms(names, terms.losses(step), weights)
          },
        },
      ],
      async beforeEpoch(context) {
        const isUpdate = (epoch: number): boolean =>
          epoch >= settings.warmUpEpochs && epoch % settings.every === 0
        assertLearningRates(context, isUpdate, 'adaptiveMixing')
        if (isUpdate(context.epoch)) context.note(await updateTable(table, { settings, terms, context }))
      },
      save: () => table.save(),
      load(state) {
        table.load(state)
      },
      examples(ids) {
        const ones = names.map(() => 1)
        const columns = table.columns(ids, ones)
        return Object.fromEntries(names.map((name, term) => [weightName(name), columns[term]!]))
      },
    }
    return given === undefined ? mix : given.around(mix)
  },
})

/** Options of {@link adaptiveMixing}. */
export type AdaptiveMixingOptions = OptionsOf<typeof adaptiveMixing>
