import { adam, crossEntropy, defineMethod, klDivergence, sgd, type FeatureNames, type Method } from '@kd/core'
import { expectSameAfterResume, noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { correctness } from '../scores/scores.js'
import { refreshedSelection, type RefreshedSelectionOptions } from './refreshed-selection.js'
import { refreshedWeights } from './refreshed-weights.js'
import { selected } from './selected.js'
import { weighted } from './weighted.js'

const distillation = defineMethod({
  name: 'distillation',
  summary: 'label and teacher',
  options: {},
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }) => ({
    label: crossEntropy(studentLogits, labels),
    teacher: klDivergence(teacherLogits!, studentLogits, 2),
  }),
})

describe('a resumed run', () => {
  it.each<[string, RefreshedSelectionOptions]>([
    ['influence on the student, every other epoch', { model: 'student', every: 2, fraction: 0.5 }],
    [
      'a choice of the first epoch',
      { model: 'student', every: 0, fraction: 0.5, score: ({ train }) => correctness(train) },
    ],
  ])('ends with the same bits after any interruption: %s', async (_, options) => {
    const tried = await expectSameAfterResume(() => ({
      student: noiseNetwork(1),
      teachers: [noiseNetwork(2)],
      method: refreshedSelection(distillation(), options),
      dataset: noiseDataset,
      epochs: 4,
      batchSize: 16,
      optimizer: sgd({ momentum: 0.9 }),
      learningRate: 0.1,
    }))
    expect(tried).toBe(16)
  })
})

const STUDENT_FEATURE = 'penultimate'
const TEACHER_FEATURES: readonly (readonly string[])[] = [['penultimate'], ['wide']]

/** A hint as in FitNets: a dense projector for each teacher leads from the student's feature to the teacher's. */
const hint = defineMethod({
  name: 'hint',
  summary: "bring a projection of the student's feature near each teacher's",
  options: {},
  needs: {
    teachers: 2,
    studentFeatures: [STUDENT_FEATURE],
    teacherFeatures: TEACHER_FEATURES as FeatureNames,
  },
  start(run) {
    const [from] = run.student.features[STUDENT_FEATURE]!
    const projectors = run.teachers.map(({ features }, teacher) => {
      const [to] = features[TEACHER_FEATURES[teacher]![0]!]!
      const random = run.random.split('projector').split(teacher)
      const values = Float32Array.from({ length: from! * to! }, () => random.normal() / Math.sqrt(from!))
      return tf.tidy(() => tf.variable(tf.tensor2d(values, [from!, to!])))
    })
    return {
      variables: Object.fromEntries(
        projectors.map((projector, teacher) => [`projector${teacher}`, projector]),
      ),
      phases: [
        {
          learner: 'student',
          loss: ({ studentLogits, labels, studentFeatures, teacherFeatures }) => ({
            label: crossEntropy(studentLogits, labels),
            ...Object.fromEntries(
              projectors.map((projector, teacher): [string, tf.Tensor1D] => {
                const projected = tf.matMul(studentFeatures[STUDENT_FEATURE] as tf.Tensor2D, projector)
                const target = teacherFeatures[teacher]![TEACHER_FEATURES[teacher]![0]!]!
                return [`hint${teacher}`, tf.mean(tf.squaredDifference(projected, target), 1)]
              }),
            ),
          }),
        },
      ],
    }
  },
})

const wideNetwork = (seed: number): LayersModel => {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed } } as never
  return sequential({
    layers: [
      layers.dense({ units: 9, inputShape: [2], activation: 'tanh', name: 'wide', kernelInitializer }),
      layers.dense({ units: 4, activation: 'relu', kernelInitializer }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  })
}

const { ids } = noiseDataset.train
const halves = Float32Array.from(ids, (_, row) => row % 2)
const quarters = Float32Array.from(ids, (_, row) => (row % 5) / 4)

describe('a method with a trainable projector from the student to two teachers of different architecture', () => {
  const around: [string, (method: Method) => Method][] = [
    ['selected', (method) => selected(method, halves, { ids })],
    ['weighted', (method) => weighted(method, quarters, { ids })],
    [
      'refreshedSelection',
      (method) => refreshedSelection(method, { every: 1, fraction: 0.5, model: 'student' }),
    ],
    ['refreshedSelection by the first teacher', (method) => refreshedSelection(method, { fraction: 0.5 })],
    ['refreshedWeights', (method) => refreshedWeights(method, { every: 2, model: 'student' })],
  ]

  it.each(around)('learns and resumes to the same bits from every checkpoint inside %s', async (_, wrap) => {
    const method = wrap(hint())
    const before = tf.memory().numTensors
    const projectors: number[][] = []
    let made = 0
    const tried = await expectSameAfterResume(() => {
      const student = noiseNetwork(1)
      const teachers = [noiseNetwork(2), wideNetwork(3)]
      made += [student, ...teachers].reduce((sum, model) => sum + model.weights.length, 0)
      return {
        student,
        teachers,
        method: {
          ...method,
          start: (run) => {
            const running = method.start(run)
            projectors.push([...running.variables!['projector1']!.dataSync()])
            return running
          },
        },
        dataset: noiseDataset,
        epochs: 2,
        batchSize: 16,
        optimizer: adam(),
        learningRate: 0.01,
      }
    })
    expect(tried).toBe(8)
    // Every run begins with the same projector, which its seed gives: a whole run, the same again, and one per checkpoint.
    expect(projectors).toHaveLength(10)
    for (const projector of projectors) expect(projector).toEqual(projectors[0])
    expect(projectors[0]).toHaveLength(5 * 9)
    // Models stay; all else, the projectors too, is freed by the runs.
    expect(tf.memory().numTensors - before).toBe(made)
  })
})
