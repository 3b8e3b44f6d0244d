import { expectAllClose, expectGradient, expectNoLeak, gradientOf, noiseDataset } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import type { AnyDataset } from '../dataset/dataset.js'
import { defineMethod } from '../method/define-method.js'
import { labelLoss } from '../method/label-loss.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { distill } from '../training/distill.js'
import { evaluate } from '../training/evaluate.js'
import { classification } from './classification.js'
import { multiLabel } from './multi-label.js'
import { regression } from './regression.js'
import type { LabelArray } from './labels.js'
import type { Figures, Task } from './task.js'
import golden from './tasks.golden.json' with { type: 'json' }

const cases = [
  { task: multiLabel({ outputs: 4 }), values: golden.multiLabel, Labels: Uint8Array },
  { task: regression({ outputs: 2 }), values: golden.regression, Labels: Float32Array },
].map(({ task, values, Labels }) => ({
  name: task.name,
  task,
  values,
  labels: Labels.from(values.labels.flat()),
  logits: tf.tensor2d(values.logits),
  teacherLogits: tf.tensor2d(values.teacherLogits),
}))

describe.each(cases)('$name', ({ task, values, labels, logits, teacherLogits }) => {
  const truth = task.labelTensor(labels, 6)
  const loss = (point: tf.Tensor): tf.Tensor => tf.sum(task.labelLoss(point, truth))
  const divergence = (point: tf.Tensor): tf.Tensor =>
    tf.sum(task.divergence!(teacherLogits, point, golden.temperature))

  it('has the golden losses and their gradients', () => {
    expectAllClose(task.labelLoss(logits, truth), values.loss)
    expectAllClose(gradientOf(loss, logits), values.lossGradient)
    expectGradient(loss, logits)
  })

  it('has the golden divergences and their gradients, and none of a student that agrees', () => {
    expectAllClose(task.divergence!(teacherLogits, logits, golden.temperature), values.divergence)
    expectAllClose(gradientOf(divergence, logits), values.divergenceGradient)
    expectGradient(divergence, logits)
    expectAllClose(task.divergence!(logits, logits, 2), Array(6).fill(0) as number[])
  })

  it('has the golden figures, the names that it says, and the loss of its examples', () => {
    const meter = task.meter()
    meter.add(logits.dataSync<'float32'>(), labels)
    const { examples, ...figures } = meter.figures()
    expect(examples).toBe(6)
    expect(Object.keys(figures)).toEqual(Object.keys(task.kinds))
    for (const [name, value] of Object.entries(values.figures)) expect(figures[name]).toBeCloseTo(value, 6)
    expect(Object.keys(values.figures).sort()).toEqual(Object.keys(task.kinds).sort())
    expect(Object.hasOwn(task.kinds, task.monitor)).toBe(true)
  })

  it('says of a batch what its meter says of the same examples', () => {
    const meter = task.meter()
    meter.add(logits.dataSync<'float32'>(), labels)
    const figures = Object.entries(task.batchFigures!(logits, truth))
    expect(figures.length).toBeGreaterThan(0)
    for (const [name, value] of figures) expect(value.dataSync()[0]).toBeCloseTo(meter.figures()[name]!, 6)
  })

  it('leaves no tensor alive', async () => {
    await expectNoLeak(() => tf.tidy(() => void [gradientOf(loss, logits), gradientOf(divergence, logits)]))
  })
})

describe('multi-label', () => {
  const task = multiLabel({ outputs: 2 })

  it('has a loss and a gradient that are finite for logits of 1e4', () => {
    const logits = tf.tensor2d([
      [1e4, -1e4],
      [-1e4, 1e4],
    ])
    const truth = task.labelTensor(Uint8Array.of(1, 0, 1, 0), 2)
    expectAllClose(task.labelLoss(logits, truth), [0, 1e4])
    const gradient = gradientOf((point: tf.Tensor) => tf.sum(task.labelLoss(point, truth)), logits)
    expectAllClose(gradient, [
      [0, 0],
      [-0.5, 0.5],
    ])
    expectAllClose(task.divergence!(logits, logits, 4), [0, 0])
  })

  it('counts NaN as wrong, whatever the truth is', () => {
    const figures = measure(task, [NaN, NaN, 1, -1], Uint8Array.of(1, 0, 1, 0))
    expect(figures).toMatchObject({ subsetAccuracy: 0.5, hammingLoss: 0.5 })
    // One of two labels that are there is found, and none that is not: 2 * 1 / (1 + 2).
    expect(figures['microF1']).toBeCloseTo(2 / 3, 12)
    expect(figures['nonFinite']).toBe(1)
    // That of the other example: both of its logits are right by 1.
    expect(figures['loss']).toBeCloseTo(Math.log1p(Math.exp(-1)), 7)
  })

  it('says which labels are none', () => {
    expect(task.labelProblem(Uint8Array.of(1, 0))).toBeUndefined()
    expect(task.labelProblem(Uint8Array.of(1, 2))).toBe('must be 0 or 1, got 2')
    expect(task.labelProblem(Float32Array.of(NaN, 1))).toBe('must be 0 or 1, got NaN')
    expect(() => multiLabel({ outputs: 0 })).toThrow('multiLabel: outputs must be a whole number >= 1, got 0')
  })
})

describe('regression', () => {
  it('times temperature squared does not depend on the temperature', () => {
    const [teacher, student] = [tf.tensor2d([[1]]), tf.tensor2d([[3]])]
    for (const temperature of [0.5, 1, 4]) {
      const divergence = regression({ outputs: 1 }).divergence!(teacher, student, temperature)
      expectAllClose(tf.mul(divergence, temperature ** 2), [2])
    }
  })

  it('gives 0 as the r2 of an output that is constant, and NaN figures for NaN', () => {
    expect(measure(regression({ outputs: 1 }), [1, 2], Float32Array.of(5, 5))['r2']).toBe(0)
    expect(measure(regression({ outputs: 1 }), [NaN, 2], Float32Array.of(1, 2))).toMatchObject({
      rootMeanSquaredError: NaN,
      meanAbsoluteError: NaN,
      r2: NaN,
      loss: NaN,
      nonFinite: 1,
    })
  })

  it('keeps the spread of targets far from zero', () => {
    // Their squares are 1e8 times their variance, which float64 sums of squares would lose half of.
    const targets = Float32Array.from({ length: 100 }, (_, row) => 1e6 + (row % 2 === 0 ? 1 : -1))
    const figures = measure(
      regression({ outputs: 1 }),
      [...targets].map((target) => target + 0.5),
      targets,
    )
    expect(figures['r2']).toBeCloseTo(0.75, 9)
  })

  it('says which labels are none', () => {
    const task = regression({ outputs: 2 })
    expect(task.labelProblem(Float32Array.of(1, -1e9))).toBeUndefined()
    expect(task.labelProblem(Float32Array.of(1, Infinity))).toBe('must be finite, got Infinity')
    expect(() => regression({ outputs: 1.5 })).toThrow(
      'regression: outputs must be a whole number >= 1, got 1.5',
    )
  })
})

describe('classification', () => {
  it('says which labels are none', () => {
    const task = classification({ outputs: 3 })
    expect([0, 2].map((label) => task.labelProblem(Int32Array.of(label)))).toEqual([undefined, undefined])
    expect(task.labelProblem(Int32Array.of(3))).toBe('must be in [0, 3), got 3')
    expect(task.labelProblem(Float32Array.of(0.5))).toBe('must be in [0, 3), got 0.5')
    expect(() => classification({ outputs: 1 })).toThrow('outputs must be a whole number >= 2, got 1')
  })
})

it.each<[Task, (random: ReturnType<typeof randomSource>) => number, new (length: number) => LabelArray]>([
  [classification({ outputs: 7 }), (random) => random.integer(7), Int32Array],
  [multiLabel({ outputs: 7 }), (random) => random.integer(2), Uint8Array],
  [regression({ outputs: 7 }), (random) => random.normal(), Float32Array],
])('a meter in pieces says what it says at once, to the bit: $name', (task, draw, Labels) => {
  const random = randomSource(5)
  const size = task.labelShape.length === 0 ? 1 : 7
  const logits = Float32Array.from({ length: 7 * 60 }, () => 3 * random.normal())
  const labels = new Labels(size * 60)
  labels.forEach((_, at) => (labels[at] = draw(random)))
  const pieces = task.meter()
  for (const [from, to] of [
    [0, 1],
    [1, 20],
    [20, 20],
    [20, 60],
  ] as const) {
    pieces.add(logits.subarray(7 * from, 7 * to), labels.subarray(size * from, size * to))
  }
  expect(pieces.figures()).toEqual(measure(task, logits, labels))
  expect(Object.values(pieces.figures()).every(Number.isFinite)).toBe(true)
})

/** The noise data set with other labels: two yes or no, or two numbers. */
function datasetOf(task: Task, labelsOf: (x: number, y: number) => [number, number]): AnyDataset {
  const of = ({ inputs, ids }: typeof noiseDataset.train): AnyDataset['train'] => ({
    inputs,
    ids,
    labels: Float32Array.from(
      [...ids.keys()].flatMap((row) => labelsOf(inputs[2 * row]!, inputs[2 * row + 1]!)),
    ),
  })
  return {
    ...noiseDataset,
    task,
    classNames: ['first', 'second'],
    train: of(noiseDataset.train),
    validation: of(noiseDataset.validation!),
  }
}

const network = (): LayersModel =>
  sequential({ layers: [layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'zeros' })] })

describe.each([
  ['multi-label', datasetOf(multiLabel({ outputs: 2 }), (x, y) => [x > 1 ? 1 : 0, x + y > 2 ? 1 : 0])],
  ['regression', datasetOf(regression({ outputs: 2 }), (x, y) => [x - y, 0.5 * x + 1])],
] as const)('a run on %s', (name, dataset) => {
  const base = { dataset, epochs: 20, batchSize: 8, optimizer: sgd({ momentum: 0.9 }), learningRate: 0.1 }

  it('learns from labels, and from a teacher by the divergence of the task', async () => {
    const taught = await distill({ ...base, student: network(), method: labelLoss() })
    const { validation, train } = taught.history.at(-1)!
    expect(validation!['loss']).toBeLessThan(0.5 * taught.history[0]!.validation!['loss']! + 0.15)
    expect(Object.keys(train.figures)).toEqual([name === 'regression' ? 'meanAbsoluteError' : 'hammingLoss'])
    const imitation = defineMethod({
      name: 'imitation',
      summary: 'the teacher alone',
      options: {},
      needs: { teachers: 1, tasks: 'any' },
      loss: ({ task, studentLogits, teacherLogits: [teacherLogits] }) => ({
        teacher: task.divergence!(teacherLogits!, studentLogits, 1),
      }),
    })
    const student = network()
    const { history, best } = await distill({
      ...base,
      student,
      method: imitation(),
      teachers: [taught.student],
    })
    expect(history.at(-1)!.train.loss).toBeLessThan(0.1 * history[0]!.train.loss)
    expect(Object.keys(best!.validation)).toContain(dataset.task!.monitor)
    const evaluation = await evaluate(student, dataset, { split: 'validation' })
    expect(evaluation.figures).toEqual(history.at(-1)!.validation)
    expect(evaluation.logits.length).toBe(48)
  })

  it('refuses a method for classes, and a student with other outputs', async () => {
    const forClasses = defineMethod({
      name: 'for-classes',
      summary: '',
      options: {},
      loss: () => ({ nothing: tf.zeros([1]) }),
    })
    await expect(distill({ ...base, student: network(), method: forClasses() })).rejects.toThrow(
      `distill: method must be one for the task ${name}, got for-classes, which is for classification`,
    )
    const wide = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] })] })
    await expect(distill({ ...base, student: wide, method: labelLoss() })).rejects.toThrow(
      `distill: student must give logits [N, 2] for ${name} on noise, got [N, 3]`,
    )
  })
})

function measure(task: Task, logits: ArrayLike<number>, labels: LabelArray): Figures {
  const meter = task.meter()
  meter.add(Float32Array.from(logits), labels)
  return meter.figures()
}
