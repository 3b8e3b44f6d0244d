import * as tf from '@tensorflow/tfjs-core'
import {
  count,
  defineMethod,
  positive,
  weight,
  type ExampleLosses,
  type OptionsOf,
  type RandomSource,
  type RunStart,
  type Step,
} from '@kd/core'
import { uniformWeights, variablesOf, type Adapter } from '../terms/adapters.js'
import { featureNeeds, oneFeature, termWeights } from '../terms/compared-features.js'
import { flat, unit } from '../terms/maps.js'
import { constantOf, contrastiveLosses, likenesses, type Contrast } from './contrast.js'
import { ContrastMemory, type Side } from './memory.js'
import { Negatives } from './negatives.js'

/**
 * Contrastive representation distillation: the student's embedding of an example is led to be told from thousands of others by what the
 * teacher says of it, and the other way about.
 *
 *     s = unit(dense(student feature)), t = unit(dense(teacher feature)), both dense layers trained
 *     p_k = exp(bank_k · s_i / temperature) / Z, bank the remembered t of all training examples; likewise for t and the remembered s
 *     loss_i = hardLossWeight * labelLoss(student_i, label_i) + featureWeight * sum over both sides of
 *              -log(p_i / (p_i + m/n)) - sum over m negatives k of log((m/n) / (p_k + m/n))
 *
 * The negatives are examples of other classes, drawn anew at each step, each at most once where there are as many. The banks have n rows, one per training
 * example, and move half the way to the new embedding after each step. Z is the n-fold mean exponential of the first step and stays. Banks, Z and the
 * number of steps are in checkpoints: 2 * 4 * n * dimensions bytes. Parts: `label`, `student`, `teacher`.
 *
 * @param options - see {@link ContrastiveRepresentationOptions}
 * @returns a method for one teacher and classification
 * @throws {@link InvalidArgumentError} for options out of range, and when a run begins whose training examples are of one class
 *
 * @example
 * ```ts
 * import { contrastiveRepresentation } from '@kd/features'
 *
 * console.log(contrastiveRepresentation({ negatives: 1024 }).needs.tasks) // [ 'classification' ]
 * ```
 *
 * @see Tian, Krishnan, Isola: Contrastive Representation Distillation, ICLR 2020, arXiv 1910.10699. All defaults are those of the authors' code,
 * RepDistiller. There the embeddings that the banks are moved to are those of the weights before the step, here those after it; and here a batch
 * meets the whole bank in one product, which gives the same numbers at less cost.
 */
export const contrastiveRepresentation = defineMethod({
  name: 'contrastive-representation',
  summary: 'tell each example from thousands of others by what the teacher says of it (CRD 2020)',
  source: 'Tian, Krishnan, Isola: Contrastive Representation Distillation, ICLR 2020, arXiv 1910.10699',
  options: {
    ...oneFeature('penultimate'),
    dimensions: count(128, 'length of the embeddings'),
    negatives: count(16_384, 'how many other examples each is told from'),
    temperature: positive(0.07, 'by which products of embeddings are divided'),
    featureWeight: weight(0.8, "weight of the feature's term"),
    hardLossWeight: termWeights(0).hardLossWeight,
  },
  needs: (options) => ({ ...featureNeeds(options), tasks: ['classification'] }),
  start(run, options) {
    const { featureWeight, hardLossWeight } = options
    const projections = projectionsOf(run, options)
    const { ids, labels } = run.train
    const rowOf = new Map(Array.from(ids, (id, row) => [id, row]))
    const rowsOf = (step: Step): Int32Array => step.ids.map((id) => rowOf.get(id)!)
    const candidates = new Negatives(labels)
    const memory = new ContrastMemory(ids.length, options.dimensions, run.random.split('banks'))

    const embeddingsOf = (step: Step): Record<Side, tf.Tensor2D> => ({
      student: projections.student.embed(step.studentFeatures[options.studentFeature]!),
      teacher: projections.teacher.embed(step.teacherFeatures[options.teacher]![options.teacherFeature]!),
    })
    // Each side is told from others by what is remembered of the other side.
    const contrastsOf = (rows: Int32Array): Record<Side, Contrast> => {
      const random = run.random.split('negatives').split(memory.steps)
      const tables = {
        ...candidates.tables(rows, options.negatives, random),
        count: options.negatives,
        temperature: options.temperature,
      }
      return {
        student: { ...tables, bank: memory.bank('teacher'), constant: memory.constant('student') },
        teacher: { ...tables, bank: memory.bank('student'), constant: memory.constant('teacher') },
      }
    }
    const loss = (step: Step): ExampleLosses => {
      const [embeddings, contrasts] = [embeddingsOf(step), contrastsOf(rowsOf(step))]
      const weighted = (side: Side): tf.Tensor1D =>
        tf.mul(featureWeight, contrastiveLosses(embeddings[side], contrasts[side]))
      return {
        label: tf.mul(hardLossWeight, step.task.labelLoss(step.studentLogits, step.labels)),
        student: weighted('student'),
        teacher: weighted('teacher'),
      }
    }
    return {
      variables: variablesOf(projections),
      phases: [{ learner: 'student', loss }],
      afterStep(step) {
        const [rows, embeddings] = [rowsOf(step), embeddingsOf(step)]
        if (memory.steps === 0) {
          const contrasts = contrastsOf(rows)
          const constant = (side: Side): number =>
            constantOf(likenesses(embeddings[side], contrasts[side]), contrasts[side])
          memory.setConstants({ student: constant('student'), teacher: constant('teacher') })
        }
        memory.update(rows, embeddings)
      },
      save: () => memory.save(),
      load: (state) => {
        memory.load(state)
      },
      dispose: () => {
        memory.dispose()
      },
    }
  },
})

/** Options of {@link contrastiveRepresentation}. */
export type ContrastiveRepresentationOptions = OptionsOf<typeof contrastiveRepresentation>

/** A dense layer from a feature of any shape to embeddings of unit length. */
interface Projection extends Pick<Adapter, 'variables'> {
  embed(feature: tf.Tensor): tf.Tensor2D
}

function projectionsOf(run: RunStart, options: ContrastedFeatures): Record<Side, Projection> {
  const make = (shape: readonly number[], random: RandomSource): Projection => {
    const inputs = tf.util.sizeFromShape([...shape])
    const kernel = uniformWeights([inputs, options.dimensions], inputs, random)
    const bias = tf.variable(tf.zeros([options.dimensions]))
    return {
      variables: { kernel, bias },
      embed: (feature) => unit(tf.add(tf.matMul<tf.Tensor2D>(flat(feature), kernel as never), bias), 1),
    }
  }
  const { features } = run.teachers[options.teacher]!
  return {
    student: make(run.student.features[options.studentFeature]!, run.random.split('student')),
    teacher: make(features[options.teacherFeature]!, run.random.split('teacher')),
  }
}

interface ContrastedFeatures {
  readonly studentFeature: string
  readonly teacherFeature: string
  readonly teacher: number
  readonly dimensions: number
}
