import {
  expectAllClose,
  expectSameAfterResume,
  noiseDataset,
  noiseNetwork,
  plainDistillation,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../example-loss/cross-entropy.js'
import { klDivergence } from '../example-loss/kl-divergence.js'
import { labelLoss } from '../method/label-loss.js'
import type { Method, Phase, RunningMethod } from '../method/method.js'
import type { Needs } from '../method/needs.js'
import type { Step, View } from '../method/step.js'
import { adam } from '../optimizer/adam.js'
import { sgd } from '../optimizer/sgd.js'
import { distill } from './distill.js'
import type { DistillationOptions } from './distillation-options.js'

const methodOf = (name: string, needs: Needs, start: () => RunningMethod): Method => ({ name, needs, start })

const studentPhase: Phase = {
  learner: 'student',
  loss: ({ studentLogits, labels }) => ({ label: crossEntropy(studentLogits, labels) }),
}

const imitation: Phase = {
  learner: 'student',
  loss: ({ studentLogits, teacherLogits: [teacherLogits] }) => ({
    teacher: klDivergence(teacherLogits!, studentLogits, 2),
  }),
}

/** A teacher that learns the labels, and a student that learns of it. */
const online = (seen: (step: Step) => void = () => undefined): Method =>
  methodOf('online', { teachers: 1, learningTeachers: [0] }, () => ({
    phases: [
      {
        learner: 0,
        optimizer: adam(),
        learningRate: 0.01,
        loss: ({ teacherLogits: [teacherLogits], studentLogits, labels }) => ({
          label: crossEntropy(teacherLogits!, labels),
          student: klDivergence(studentLogits, teacherLogits!, 2),
        }),
      },
      {
        ...imitation,
        loss: (step) => {
          seen(step)
          return imitation.loss(step)
        },
      },
    ],
  }))

/** With moving averages and dropout. */
function teacherNetwork(): LayersModel {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed: 5 } } as never
  return sequential({
    layers: [
      layers.dense({ units: 6, inputShape: [2], activation: 'relu', kernelInitializer }),
      layers.batchNormalization(),
      layers.dropout({ rate: 0.3 }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  })
}

const run = (options: Partial<DistillationOptions> = {}): DistillationOptions => ({
  student: noiseNetwork(1),
  method: labelLoss(),
  dataset: noiseDataset,
  epochs: 2,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.1,
  seed: 3,
  ...options,
})

const weightsOf = (model: LayersModel): number[] =>
  model.getWeights().flatMap((weight) => [...weight.dataSync()])

describe('a teacher that learns', () => {
  it('changes, and is asked again before the student learns', async () => {
    const teacher = teacherNetwork()
    const before = weightsOf(teacher)
    const said: number[][] = []
    const inputs = tf.tensor2d(noiseDataset.train.inputs as Float32Array, [40, 2])
    const seen = (step: Step): void => {
      const now = teacher.predict(step.inputs) as tf.Tensor
      expectAllClose(step.teacherLogits[0]!, now)
      said.push([...(teacher.predict(inputs) as tf.Tensor).dataSync()])
    }
    const { history } = await distill(run({ method: online(seen), teachers: [teacher], epochs: 1 }))
    expect(weightsOf(teacher)).not.toEqual(before)
    expect(said).toHaveLength(3)
    expect(said[1]).not.toEqual(said[0])
    expect(Object.keys(history[0]!.train.parts).sort()).toEqual([
      'teacher',
      'teacher1/label',
      'teacher1/student',
    ])
    expect(history[0]!.train.loss).toBeCloseTo(history[0]!.train.parts['teacher']!, 6)
  })

  it('goes on from every checkpoint to the same bits, the teacher too, and leaves nothing behind', async () => {
    const make = (): DistillationOptions => run({ method: online(), teachers: [teacherNetwork()] })
    expect(await expectSameAfterResume(make)).toBe(8)
    const options = make()
    await distill(options)
    const before = tf.memory().numTensors
    await distill(options)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('must be a model, and be there', async () => {
    const answer = (inputs: tf.Tensor): tf.Tensor => tf.zeros([inputs.shape[0], 3])
    await expect(distill(run({ method: online(), teachers: [answer] }))).rejects.toThrow(
      'distill: teacher 0 must be a model that runs here to learn with online, got one that is not',
    )
    const second = { ...online(), needs: { learningTeachers: [1] } }
    await expect(distill(run({ method: second, teachers: [teacherNetwork()] }))).rejects.toThrow(
      'distill: teachers must be at least 2 for online, got 1',
    )
  })
})

/** Two numbers of its own that each follow a rule, in a phase of their own or with the student. */
const counting = (phases: readonly Phase[], seen: (variables: Record<string, number>) => void): Method =>
  methodOf('counting', {}, () => {
    const [first, second] = [tf.variable(tf.scalar(0)), tf.variable(tf.scalar(0))]
    const losing = (phase: Phase): Phase => ({
      ...phase,
      loss: (step) => ({
        ...(phase.learner === 'student' ? phase.loss(step) : {}),
        sum: tf.mul<tf.Tensor1D>(tf.onesLike(step.labels), tf.add(first, second)),
      }),
    })
    return {
      variables: { first, second },
      phases: phases.map(losing),
      dispose: () => {
        seen({ first: first.dataSync()[0]!, second: second.dataSync()[0]! })
      },
    }
  })

describe('phases of a method', () => {
  const end = async (phases: readonly Phase[], options: Partial<DistillationOptions> = {}) => {
    const student = noiseNetwork(1)
    let variables: Record<string, number> = {}
    const method = counting(phases, (values) => (variables = values))
    const { history } = await distill(run({ student, method, epochs: 1, optimizer: sgd(), ...options }))
    return { variables, history, weights: weightsOf(student) }
  }
  const nothing = (): never => {
    throw new Error('not called')
  }

  it('have their own optimizer and learning rate, and leave the student alone', async () => {
    const own: Phase = { learner: 'method', learningRate: ({ step }) => 2 ** step, loss: nothing }
    const { variables, weights, history } = await end([own, studentPhase])
    // The gradient of the mean is 1 in three steps at rates of 1, 2 and 4.
    expect(variables).toEqual({ first: -7, second: -7 })
    const alone = noiseNetwork(1)
    await distill(run({ student: alone, epochs: 1, optimizer: sgd() }))
    expect(weights).toEqual(weightsOf(alone))
    expect(Object.keys(history[0]!.train.parts).sort()).toEqual(['label', 'method/sum', 'sum'])
    expect(history[0]!.learningRate).toBe(0.1)
    const moving = await end([{ ...own, optimizer: sgd({ momentum: 0.5 }), learningRate: 1 }, studentPhase])
    // Velocities 1, 1.5 and 1.75.
    expect(moving.variables['first']).toBe(-4.25)
  })

  it('train the variables that they name, and one of them all that nobody names', async () => {
    const first: Phase = {
      learner: 'method',
      name: 'one',
      variables: ['first'],
      learningRate: 1,
      loss: nothing,
    }
    expect((await end([first, studentPhase])).variables).toEqual({ first: -3, second: Math.fround(-0.3) })
    const second: Phase = { ...first, name: 'two', variables: ['second'], learningRate: 2 }
    expect((await end([first, second, studentPhase])).variables).toEqual({ first: -3, second: -6 })
    expect((await end([studentPhase])).variables['first']).toBeCloseTo(-0.3, 6)
  })

  it.each<[string, readonly Phase[], string]>([
    [
      'none of the student',
      [{ learner: 'method', loss: nothing }],
      'must have a phase of the student, got none',
    ],
    [
      'an unknown variable',
      [studentPhase, { learner: 'method', variables: ['third'], loss: nothing }],
      'phase method must train variables of counting, got third',
    ],
    [
      'the same name twice',
      [studentPhase, studentPhase],
      'phases of counting must have different names, got student twice',
    ],
    [
      'nothing to train',
      [studentPhase, { learner: 'method', name: 'idle', variables: [], loss: nothing }],
      'phase idle of counting must have variables to train, got none',
    ],
  ])('are refused with %s, and nothing is left behind', async (_, phases, message) => {
    await expect(end(phases)).rejects.toThrow(message)
    const options = run({ method: counting(phases, () => undefined) })
    const before = tf.memory().numTensors
    await expect(distill(options)).rejects.toThrow(message)
    expect(tf.memory().numTensors - before).toBe(0)
  })

  it('go on from every checkpoint to the same bits', async () => {
    const make = (): DistillationOptions =>
      run({
        method: counting(
          [{ learner: 'method', optimizer: adam(), learningRate: 0.3, loss: nothing }, studentPhase],
          () => undefined,
        ),
      })
    expect(await expectSameAfterResume(make)).toBe(8)
  })
})

/** Trains on the batch and its mirror image in one. */
const mixed = (needs: Needs['views'], seen: (step: Step) => void = () => undefined): Method =>
  methodOf(
    'mixed',
    { teachers: 1, studentFeatures: ['penultimate'], ...(needs && { views: needs }) },
    () => ({
      views: ({ inputs, random }) => ({
        mixed: tf.add(tf.mul(0.5, inputs), tf.mul(tf.scalar(0.5 * random.uniform()), tf.reverse(inputs, 0))),
      }),
      phases: [
        {
          learner: 'student',
          loss: (step) => {
            seen(step)
            const { studentLogits, teacherLogits } = step.views['mixed']!
            const [teacher] = teacherLogits
            return {
              ...studentPhase.loss(step),
              ...(teacher === undefined ? {} : { mixed: klDivergence(teacher, studentLogits, 1) }),
            }
          },
        },
      ],
    }),
  )

describe('views', () => {
  it('are seen by student and teachers, with the features asked for', async () => {
    const teacher = noiseNetwork(4)
    const student = noiseNetwork(1)
    const views: View[] = []
    const method = mixed({ mixed: { student: ['penultimate'], teachers: ['penultimate'] } }, (step) => {
      const view = step.views['mixed']!
      views.push(view)
      expect(step.studentFeatures['penultimate']!.shape).toEqual([step.ids.length, 5])
      expect(step.teacherFeatures[0]).toEqual({})
      expectAllClose(view.teacherLogits[0]!, teacher.predict(view.inputs))
      expectAllClose(view.studentLogits, student.predict(view.inputs))
      expect(view.studentFeatures['penultimate']!.shape).toEqual([step.ids.length, 5])
      expect(view.teacherFeatures[0]!['penultimate']!.shape).toEqual([step.ids.length, 5])
    })
    const { teacherTrainMetrics } = await distill(run({ student, method, teachers: [teacher], epochs: 1 }))
    expect(views).toHaveLength(3)
    // What is said about the clean inputs is kept all the same.
    expect(teacherTrainMetrics).toHaveLength(1)
  })

  it('go on from every checkpoint to the same bits, and leave nothing behind', async () => {
    const make = (): DistillationOptions => run({ method: mixed({ mixed: {} }), teachers: [noiseNetwork(4)] })
    expect(await expectSameAfterResume(make)).toBe(8)
    const options = make()
    await distill(options)
    const before = tf.memory().numTensors
    await distill(options)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are not shown to those who need not see them', async () => {
    let calls = 0
    const teacher = (inputs: tf.Tensor): tf.Tensor => {
      calls += 1
      return tf.zeros([inputs.shape[0], 3])
    }
    const method = mixed({ mixed: { teachers: false, student: false } }, (step) => {
      expect(step.views['mixed']!.teacherLogits).toEqual([])
      expect(step.views['mixed']!.studentLogits).toBeUndefined()
    })
    await distill(run({ method, teachers: [teacher] }))
    expect(calls).toBe(2)
  })

  it('must be made as they were named, and have features that are there', async () => {
    const method = mixed({ other: {} })
    const options = run({ method, teachers: [noiseNetwork(4)] })
    const before = tf.memory().numTensors
    await expect(distill(options)).rejects.toThrow('distill: mixed must make the views other, got mixed')
    expect(tf.memory().numTensors).toBe(before)
    for (const [needs, who] of [
      [{ student: ['nowhere'] }, 'student'],
      [{ teachers: ['nowhere'] }, 'teacher 0'],
    ] as const) {
      const student = noiseNetwork(1)
      const weights = weightsOf(student)
      await expect(
        distill(run({ student, method: mixed({ mixed: needs }), teachers: [noiseNetwork(4)] })),
      ).rejects.toThrow(new RegExp(`${who}.* must have the layer asked for, got nowhere`))
      expect(weightsOf(student)).toEqual(weights)
    }
  })

  it('are refused under answers that were kept for clean inputs alone', async () => {
    const kept = { keptLogits: (_: string, ids: Int32Array) => new Float32Array(3 * ids.length) }
    await expect(distill(run({ method: mixed({ mixed: {} }), teachers: [kept] }))).rejects.toThrow(
      'distill: teacher 0 must see mixed inputs for mixed, got answers that were kept for the inputs as they are',
    )
    const fixed = { ...kept, fixed: true }
    expect((await distill(run({ method: mixed({ mixed: {} }), teachers: [fixed] }))).ended).toBe('epochs')
  })
})

describe('afterStep', () => {
  it('sees what the student said and what every teacher says, outside of the gradient', async () => {
    const seen: { ids: number[]; logits: number[]; teacher: number[] }[] = []
    const inLoss: number[][] = []
    const teacher = teacherNetwork()
    const order = (phases: readonly Phase[]): Method =>
      methodOf(
        'remembering',
        { teachers: 1, learningTeachers: [0], studentFeatures: ['penultimate'] },
        () => ({
          phases,
          afterStep: ({ ids, studentLogits, teacherLogits, studentFeatures, inputs }) => {
            seen.push({
              ids: [...ids],
              logits: [...studentLogits.dataSync()],
              teacher: [...teacherLogits[0]!.dataSync()],
            })
            expect(studentFeatures['penultimate']!.shape).toEqual([ids.length, 5])
            expectAllClose(teacherLogits[0]!, teacher.predict(inputs))
          },
        }),
      )
    const remembered: Phase = {
      learner: 'student',
      loss: (step) => {
        inLoss.push([...step.studentLogits.dataSync()])
        return imitation.loss(step)
      },
    }
    const [learning] = online().start({} as never).phases
    const options = run({ method: order([remembered, learning!]), teachers: [teacher], epochs: 1 })
    const { history } = await distill(options)
    expect(history[0]!.steps).toBe(3)
    expect(seen.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual([...noiseDataset.train.ids])
    expect(seen.map(({ logits }) => logits)).toEqual(inLoss)
    const before = tf.memory().numTensors
    await distill(options)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('two runs at once', () => {
  it.each<[string, () => Partial<DistillationOptions>]>([
    ['plain', () => ({ method: plainDistillation(), teachers: [noiseNetwork(4)] })],
    [
      'with a phase, variables and a view of their own',
      () => ({
        method: counting(
          [{ learner: 'method', learningRate: 1, loss: () => ({}) }, studentPhase],
          () => undefined,
        ),
      }),
    ],
    [
      'with a teacher that answers later',
      () => ({
        method: mixed({ mixed: {} }),
        teachers: [
          async (inputs: tf.Tensor) => {
            await new Promise((resolve) => setTimeout(resolve, 1))
            return tf.tidy(() => tf.matMul(inputs, tf.ones([2, 3])))
          },
        ],
      }),
    ],
  ])('with the same method and optimizer end as one after the other, to the bit: %s', async (_, make) => {
    const shared = { ...make(), optimizer: adam() }
    const one = async (seed: number): Promise<unknown> => {
      const { student, history } = await distill(run({ ...shared, student: noiseNetwork(seed), seed }))
      return [weightsOf(student), history.map(({ train, validation }) => [train, validation])]
    }
    const inTurn = [await one(1), await one(2)]
    expect(await Promise.all([one(1), one(2)])).toEqual(inTurn)
    expect(inTurn[0]).not.toEqual(inTurn[1])
  })
})
