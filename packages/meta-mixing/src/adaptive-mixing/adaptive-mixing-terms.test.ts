import {
  crossEntropy,
  defineMethod,
  distill,
  klDivergence,
  labelLoss,
  randomSource,
  sgd,
  type DistillationOptions,
  type DistillationResult,
  type Method,
  type MethodNotes,
} from '@kd/core'
import {
  expectAllClose,
  expectSameAfterResume,
  methodBatch,
  noiseDataset,
  noiseNetwork,
  startMethod,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adaptiveMixing, type AdaptiveMixingOptions } from './adaptive-mixing.js'

/** FitNets: the student's feature, through a trained projector, comes close to the teacher's. */
const hint = defineMethod({
  name: 'fitnet-hint',
  summary: 'a projector takes the feature of the student to that of the teacher',
  options: {},
  needs: { teachers: 1, studentFeatures: ['penultimate'], teacherFeatures: ['penultimate'] },
  start({ student, teachers, random }) {
    const [from, to] = [student, teachers[0]!].map(({ features }) => features['penultimate']![0]!)
    const values = Float32Array.from({ length: from! * to! }, () => random.normal() / from!)
    const projector = tf.tidy(() => tf.variable(tf.tensor2d(values, [from!, to!])))
    return {
      variables: { projector },
      phases: [
        {
          learner: 'student',
          loss({ studentFeatures, teacherFeatures }) {
            const projected = tf.matMul(studentFeatures['penultimate'] as tf.Tensor2D, projector)
            const distance = tf.squaredDifference(projected, teacherFeatures[0]!['penultimate']!)
            return { hint: tf.mean<tf.Tensor1D>(distance, 1) }
          },
        },
      ],
      examples: (ids) => ({ hardness: Float32Array.from(ids) }),
    }
  },
})

/** The default term of a teacher, as a method of two parts. */
const imitation = defineMethod({
  name: 'imitation',
  summary: 'temperature^2 * KL in two halves',
  options: {},
  needs: { teachers: 1 },
  loss({ studentLogits, teacherLogits: [teacherLogits] }) {
    const half = tf.mul<tf.Tensor1D>(8, klDivergence(teacherLogits!, studentLogits, 4))
    return { first: half, second: half }
  },
})

/** The student says of noisy inputs what it says of clean ones. */
const consistency = defineMethod({
  name: 'consistency',
  summary: 'the same for noisy inputs',
  options: {},
  needs: { views: { noisy: { teachers: false } } },
  start: () => ({
    phases: [
      {
        learner: 'student',
        loss: ({ studentLogits, views }) => ({
          consistency: klDivergence(studentLogits, views['noisy']!.studentLogits),
        }),
      },
    ],
    views: ({ inputs, random }) => {
      const noise = Float32Array.from({ length: inputs.size }, () => random.normal() / 4)
      return { noisy: tf.tidy(() => tf.add(inputs, tf.tensor(noise, inputs.shape))) }
    },
  }),
})

/** A temperature that learns in a phase of its own, and a memory of how often each example was seen. */
const sharpened = defineMethod({
  name: 'sharpened',
  summary: 'labels at a temperature that a phase of its own trains',
  options: {},
  start(run) {
    const score = tf.tidy(() => tf.variable(tf.scalar(0)))
    let seen = new Float32Array(Math.max(...run.train.ids) + 1)
    return {
      variables: { score },
      phases: [
        {
          learner: 'method',
          loss: ({ studentLogits, labels }) => ({
            calibration: crossEntropy(tf.mul(studentLogits, tf.exp(score)), labels),
          }),
        },
        {
          learner: 'student',
          loss: ({ studentLogits, labels }) => ({
            label: crossEntropy(tf.mul(studentLogits, tf.exp(score)), labels),
          }),
        },
      ],
      afterStep({ ids }) {
        for (const id of ids) seen[id]! += 1
      },
      save: () => ({ seen: tf.tensor1d(seen.slice()) }),
      load({ seen: saved }) {
        seen = saved!.dataSync<'float32'>().slice()
      },
      examples: (ids) => ({ seen: Float32Array.from(ids, (id) => seen[id]!) }),
    }
  },
})

const settings = { every: 1, warmUpEpochs: 1, groupBatches: 1, stepSize: 50 } as const
const teachers = [noiseNetwork(7)]

const run = (method: Method, options: Partial<DistillationOptions> = {}): DistillationOptions => ({
  student: noiseNetwork(1),
  teachers,
  method,
  dataset: noiseDataset,
  epochs: 3,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.1,
  ...options,
})

async function learn(
  options: AdaptiveMixingOptions,
): Promise<DistillationResult & { readonly notes: MethodNotes[] }> {
  const notes: MethodNotes[] = []
  const callbacks = { onMethodNotes: (_: number, note: MethodNotes) => void notes.push(note) }
  return { ...(await distill(run(adaptiveMixing({ ...settings, ...options }), { callbacks }))), notes }
}

describe('adaptiveMixing of given terms', () => {
  it('learns the weight of a term on features, and trains its projector', async () => {
    const { examples, history, notes } = await learn({ terms: [imitation(), hint()] })
    expect(Object.keys(history[0]!.train.parts)).toEqual(['label', 'imitation', 'fitnetHint'])
    expect(Object.keys(examples)).toEqual(['labelWeight', 'imitationWeight', 'fitnetHintWeight', 'hardness'])
    const moved = examples['fitnetHintWeight']!.filter((weight) => Math.abs(weight - 0.9) > 1e-3)
    expect(moved.length).toBeGreaterThan(10)
    expect(notes).toHaveLength(2)
    expect(notes[0]!.figures!['meanFitnetHintWeight']).toBeTypeOf('number')
    // Without an update the weights stay, so that a smaller part is a smaller distance.
    const frozen = await distill(run(adaptiveMixing({ terms: [hint()] }), { epochs: 6 }))
    const losses = frozen.history.map(({ train }) => train.parts['fitnetHint']!)
    expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!)
  })

  it.each<[string, () => Method[]]>([
    ['a projector on features', () => [imitation(), hint()]],
    ['other forms of the inputs', () => [consistency(), imitation()]],
    ['phases, memories and two terms of one kind', () => [sharpened(), hint(), sharpened()]],
    ['a mix within the mix', () => [adaptiveMixing({ ...settings, terms: [hint()] })]],
  ])('ends with the same bits after any interruption: %s', async (_, terms) => {
    const method = adaptiveMixing({ ...settings, terms: terms() })
    expect(await expectSameAfterResume(() => run(method))).toBe(12)
  })

  it('learns what the default terms learn where a method says the same', async () => {
    const byHand = await learn({})
    const given = await learn({ terms: [imitation()] })
    const wholeNetwork = await learn({ terms: [imitation()], lookAhead: 'network' })
    const { labelWeight, teacher0Weight } = byHand.examples
    expectAllClose(Array.from(given.examples['labelWeight']!), Array.from(labelWeight!), { absolute: 1e-4 })
    expectAllClose(Array.from(given.examples['imitationWeight']!), Array.from(teacher0Weight!), {
      absolute: 1e-4,
    })
    expect(wholeNetwork.examples).not.toEqual(given.examples)
  })

  it('learns the weight of a term on other forms of the inputs, and leaves no tensor', async () => {
    const before = tf.memory().numTensors
    const { examples, student } = await learn({ terms: [consistency()] })
    student.dispose()
    expect(tf.memory().numTensors).toBe(before)
    expect(examples['consistencyWeight']!.some((weight) => Math.abs(weight - 0.9) > 1e-3)).toBe(true)
  })

  it('keeps phases, variables, state and values of each term apart', async () => {
    const step = methodBatch({ studentLogits: [[1, 0]], teacherLogits: [], labels: [0] })
    const method = adaptiveMixing({ terms: [sharpened(), sharpened(), labelLoss()] })
    expect(method.needs).toEqual({
      passes: { studentFeatures: ['penultimate'] },
      validation: true,
      tasks: ['classification'],
    })
    const { running } = startMethod(method, step)
    expect(running.phases.map(({ learner, name, variables }) => [learner, name, variables])).toEqual([
      ['method', 'terms/0/method', ['terms/0/score']],
      ['method', 'terms/1/method', ['terms/1/score']],
      ['student', undefined, []],
    ])
    expect(Object.keys(running.variables!)).toEqual(['terms/0/score', 'terms/1/score'])
    expect(Object.keys(running.save!())).toEqual(['weights', 'dataHash', 'terms/0/seen', 'terms/1/seen'])
    running.afterStep!(step)
    const { sharpened1Weight, seen, seen2, ...others } = await running.examples!(step.ids)
    expectAllClose([...sharpened1Weight!, ...seen!, ...seen2!], [0.9, 1, 1])
    expect(Object.keys(others)).toEqual(['labelWeight', 'sharpened2Weight', 'labelLossWeight'])
  })

  it('gives each term draws of its own', () => {
    const draws: number[] = []
    const drawing: Method = {
      ...labelLoss(),
      start(run) {
        draws.push(run.random.uniform())
        return labelLoss().start(run)
      },
    }
    const step = methodBatch({ studentLogits: [[1, 0]], teacherLogits: [], labels: [0] })
    const random = randomSource(1)
    startMethod(adaptiveMixing({ terms: [drawing, drawing] }), step, { random })
    startMethod(adaptiveMixing({ terms: [drawing, drawing] }), step, { random })
    expect(draws[0]).not.toBe(draws[1])
    expect(draws.slice(2)).toEqual(draws.slice(0, 2))
  })

  it('refuses terms that it could not learn from', () => {
    expect(() => adaptiveMixing({ terms: [imitation(), hint()], lookAhead: 'last-layer' })).toThrow(
      'adaptiveMixing: lookAhead must be network for a term that reads features of the student or other forms of the inputs, got last-layer with fitnet-hint',
    )
    const asking: Method = { ...consistency(), needs: { views: { noisy: {} } } }
    expect(() => adaptiveMixing({ terms: [asking] })).toThrow(
      'adaptiveMixing: terms must not ask teachers about other forms of the inputs, got consistency',
    )
    const step = methodBatch({ studentLogits: [[1, 0]], teacherLogits: [], labels: [0] })
    const phase = labelLoss().start({} as never).phases[0]!
    const withPhases = (...phases: (typeof phase)[]): Method => ({
      ...labelLoss(),
      start: () => ({ phases }),
    })
    expect(() => startMethod(adaptiveMixing({ terms: [withPhases(phase, phase)] }), step)).toThrow(
      'adaptiveMixing: terms must have one phase of the student, got 2 of label-loss',
    )
    const slow = { ...phase, learningRate: 0.01 }
    expect(() => startMethod(adaptiveMixing({ terms: [withPhases(slow)] }), step)).toThrow(
      "adaptiveMixing: terms must leave the student's optimizer and learning rate to the run, got label-loss",
    )
  })
})
