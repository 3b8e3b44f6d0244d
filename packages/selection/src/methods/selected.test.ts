import { crossEntropy, defineMethod, distill, klDivergence, regression, sgd } from '@kd/core'
import type { ExampleLosses, Method, RunningMethod, Step, View } from '@kd/core'
import { distKd, labelRevision, vanillaKd, weightedSoftLabels } from '@kd/losses'
import {
  expectAllClose,
  expectGradient,
  expectNoLeak,
  gradientOf,
  methodBatch,
  noiseDataset,
  noiseNetwork,
  startMethod,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { selected } from './selected.js'
import { weighted } from './weighted.js'

const numbers = {
  studentLogits: [
    [1, 2, -1],
    [0, 0.5, 0.2],
    [2, -1, 0],
    [0.3, 0.1, 1],
  ],
  teacherLogits: [
    [
      [3, 1, 0],
      [0, 2, 1],
      [1, 1.5, -1],
      [0, 0, 4],
    ],
  ],
  labels: [0, 2, 1, 2],
}
const batch = methodBatch(numbers)
const take = (rows: readonly number[]): Step =>
  methodBatch({
    studentLogits: rows.map((row) => numbers.studentLogits[row]!),
    teacherLogits: [rows.map((row) => numbers.teacherLogits[0]![row]!)],
    labels: rows.map((row) => numbers.labels[row]!),
  })
const labelLosses = crossEntropy(batch.studentLogits, batch.labels).dataSync()

const lossOf = (method: Method, step: Step): tf.Scalar => startMethod(method, step).loss(step)
const partsOf = (method: Method, step: Step): ExampleLosses => startMethod(method, step).parts(step)

/** A method whose running form is given. */
const methodOf = (running: RunningMethod, needs: Method['needs'] = {}): Method => ({
  name: 'written-here',
  needs,
  start: () => running,
})

const distance = (step: Step): tf.Tensor1D => klDivergence(step.teacherLogits[0]!, step.studentLogits, 2)

/** A term of the whole batch stands as the same number for each example. */
const batchTerm = defineMethod({
  name: 'batch-term',
  summary: 'the mean distance of the batch, whose square stands for each example',
  options: {},
  needs: { teachers: 1 },
  loss: (step) => ({
    label: crossEntropy(step.studentLogits, step.labels),
    batch: tf.mul(tf.square(tf.mean(distance(step))), tf.ones<tf.Rank.R1>([step.ids.length])),
  }),
})

const methods: Method[] = [vanillaKd(), labelRevision(), weightedSoftLabels(), distKd(), batchTerm()]

describe.each(methods.map((method) => [method.name, method] as const))('selected %s', (_, method) => {
  it('is the method on the chosen rows and cross-entropy on the rest, each by its share', () => {
    const wrapped = selected(method, [1, 0, 1, 1])
    const total = lossOf(wrapped, batch)
    const parts = partsOf(wrapped, batch)
    const inner = lossOf(method, take([0, 2, 3])).dataSync()[0]!
    expectAllClose(total, (3 * inner + labelLosses[1]!) / 4)
    expectAllClose(parts['unselected']!, [0, labelLosses[1]!, 0, 0])
    expectAllClose(tf.mean(tf.addN(Object.values(parts))), total)
  })

  it('is the method itself when all is chosen, with the same gradient', () => {
    const whole = selected(method, [1, 1, 1, 1])
    expectAllClose(lossOf(whole, batch), lossOf(method, batch))
    const gradient = (one: Method): tf.Tensor =>
      gradientOf(
        (studentLogits: tf.Tensor2D) => lossOf(one, { ...batch, studentLogits }),
        batch.studentLogits,
      )
    expectAllClose(gradient(whole), gradient(method))
  })

  it('is cross-entropy with the same parts when nothing is chosen', () => {
    const none = selected(method, [0, 0, 0, 0])
    expectAllClose(lossOf(none, batch), tf.mean(labelLosses.slice()))
    expect(Object.keys(partsOf(none, batch))).toEqual(
      Object.keys(partsOf(selected(method, [1, 1, 0, 0]), batch)),
    )
  })

  it('finds its rows by id, whatever the order of the batch', () => {
    const mask = [1, 0, 1, 1]
    const expected = lossOf(selected(method, mask), batch)
    const ids = Int32Array.of(70, 10, 90, 40)
    expectAllClose(lossOf(selected(method, mask, { ids }), { ...batch, ids }), expected)
    const order = [2, 0, 3, 1]
    const moved = { ...take(order), ids: Int32Array.from(order, (row) => ids[row]!) }
    expectAllClose(lossOf(selected(method, mask, { ids }), moved), expected)
  })

  it('leaves no tensor alive', async () => {
    await expectNoLeak(() => tf.tidy(() => lossOf(selected(method, [1, 0, 0, 1]), batch)))
  })
})

describe('selected', () => {
  it('has the gradient of its own differences', () => {
    const method = selected(vanillaKd(), [1, 0, 1, 0])
    expectGradient(
      (studentLogits: tf.Tensor2D) => lossOf(method, { ...batch, studentLogits }),
      batch.studentLogits,
    )
  })

  it('hands on inputs, labels and features of the chosen rows, in every view', () => {
    const seen: Step[] = []
    const spy = methodOf({
      phases: [
        {
          learner: 'student',
          loss(step) {
            seen.push(step)
            return { label: crossEntropy(step.studentLogits, step.labels) }
          },
        },
      ],
    })
    const inputs = tf.tensor2d([[0], [1], [2], [3]])
    const studentFeatures = { a: tf.zeros([4, 2, 2]) }
    const teacherFeatures = [{ b: tf.tensor1d([1, 2, 3, 4]) }, { c: tf.tensor1d([5, 6, 7, 8]) }]
    const clean: View = { ...batch, inputs, studentFeatures, teacherFeatures }
    const unseen = undefined as unknown as tf.Tensor2D
    const views = {
      mixed: { ...clean, inputs: tf.mul(10, inputs) },
      // Neither the student nor the teacher sees this one.
      paired: {
        inputs,
        studentLogits: unseen,
        teacherLogits: [unseen],
        studentFeatures: {},
        teacherFeatures: [],
      },
    }
    const step = { ...batch, ...clean, views }
    startMethod(selected(spy, [0, 1, 0, 1]), { ...batch, studentFeatures, teacherFeatures }).parts(step)
    const [part] = seen
    expect([...part!.ids]).toEqual([1, 3])
    expectAllClose(part!.labels, tf.tensor1d([2, 2]))
    for (const [view, factor] of [
      [part!, 1],
      [part!.views['mixed']!, 10],
    ] as const) {
      expectAllClose(view.inputs, tf.tensor2d([[factor], [3 * factor]]))
      expectAllClose(view.studentLogits, tf.gather(batch.studentLogits, [1, 3]))
      expectAllClose(view.teacherLogits[0]!, tf.gather(batch.teacherLogits[0]!, [1, 3]))
      expect(view.studentFeatures['a']!.shape).toEqual([2, 2, 2])
      expectAllClose(view.teacherFeatures[0]!['b']!, [2, 4])
      expectAllClose(view.teacherFeatures[1]!['c']!, [6, 8])
    }
    expectAllClose(part!.views['paired']!.inputs, tf.tensor2d([[1], [3]]))
    expect(part!.views['paired']!.studentLogits).toBeUndefined()
  })

  it('changes every phase in which the student learns and no other, and remembers the rows that the loss saw', () => {
    const seen: string[] = []
    const phase = (name: string, learner: 'student' | 'method'): RunningMethod['phases'][number] => ({
      learner,
      name,
      loss(step) {
        seen.push(`${name} ${step.ids.join()}`)
        return { label: crossEntropy(step.studentLogits, step.labels) }
      },
    })
    const running: RunningMethod = {
      phases: [phase('critic', 'method'), phase('student', 'student'), phase('again', 'student')],
      afterStep: (step) => void seen.push(`after ${step.ids.join()}`),
    }
    for (const mask of [
      [0, 1, 0, 1],
      [0, 0, 0, 0],
    ]) {
      seen.length = 0
      const around = startMethod(selected(methodOf(running), mask), batch).running
      const names = around.phases.map((one) => Object.keys(one.loss(batch)))
      around.afterStep!(batch)
      const rows = mask.includes(1) ? '1,3' : '0'
      expect(seen).toEqual(['critic 0,1,2,3', `student ${rows}`, `again ${rows}`, `after ${rows}`])
      expect(names).toEqual([['label'], ['label', 'unselected'], ['label', 'unselected']])
      expect(around.phases.map(({ name }) => name)).toEqual(['critic', 'student', 'again'])
    }
  })

  it('keeps what the method has beside its loss', async () => {
    const calls: string[] = []
    class Stateful implements RunningMethod {
      readonly phases = [{ learner: 'student' as const, loss: (step: Step) => ({ label: distance(step) }) }]
      readonly variables = { scale: tf.variable(tf.scalar(1)) }
      readonly #value = 5
      views = (): Record<string, tf.Tensor> => ({})
      async beforeEpoch(): Promise<void> {
        calls.push('before')
      }
      save(): tf.NamedTensorMap {
        return { state: tf.scalar(this.#value) }
      }
      load(state: tf.NamedTensorMap): void {
        calls.push(`load ${state['state']!.dataSync()[0]}`)
      }
      dispose(): void {
        calls.push(`dispose ${this.#value}`)
      }
    }
    const inner = new Stateful()
    const method = selected(methodOf(inner, { teachers: 2 }), [1])
    expect(method.needs).toEqual({ teachers: 2 })
    const { running } = startMethod(method, batch)
    expect(running.variables).toBe(inner.variables)
    expect(await running.views!({} as never)).toEqual({})
    await running.beforeEpoch!({} as never)
    running.load!(running.save!())
    running.dispose!()
    expect(calls).toEqual(['before', 'load 5', 'dispose 5'])
    inner.variables.scale.dispose()
  })

  it('teaches by the loss of any task', () => {
    const task = regression({ outputs: 2 })
    const labels = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])
    const step = {
      ...methodBatch({ studentLogits: [[0, 0], [1, 1], [2, 2]], teacherLogits: [[[1, 0], [0, 1], [3, 3]]], labels: [0, 0, 0] }, undefined, { task }), // prettier-ignore
      labels: labels as unknown as tf.Tensor1D,
    }
    const ofLabels = task.labelLoss(step.studentLogits, labels).dataSync()
    const inner = partsOf(vanillaKd(), step)
    const sum = tf.addN(Object.values(inner)).dataSync()
    expectAllClose(tf.addN(Object.values(partsOf(selected(vanillaKd(), [1, 0, 1]), step))), [
      sum[0]!,
      ofLabels[1]!,
      sum[2]!,
    ])
    expectAllClose(tf.addN(Object.values(partsOf(weighted(vanillaKd(), [1, 0, 0.25]), step))), [
      sum[0]!,
      ofLabels[1]!,
      0.25 * sum[2]! + 0.75 * ofLabels[2]!,
    ])
  })

  it('refuses masks and ids that do not fit', () => {
    expect(() => selected(vanillaKd(), [])).toThrow('selected: mask must not be empty, got no rows')
    expect(() => selected(vanillaKd(), [1, 0.5])).toThrow('selected: mask must be 0 or 1, got 0.5 in row 1')
    expect(() => selected(vanillaKd(), [1], { ids: [1, 2] })).toThrow(
      'ids must be one per row of mask, 1, got 2',
    )
    expect(() => lossOf(selected(vanillaKd(), [1, 0]), batch)).toThrow(
      'selected: mask must have a row for each example, got none for id 2\n  ids are rows of the original file',
    )
  })
})

describe('weighted', () => {
  it('mixes method and labels by the weight', () => {
    const weights = [1, 0, 0.25, 0.5]
    const method = weighted(vanillaKd(), weights)
    const inner = partsOf(vanillaKd(), batch)
    const expected = weights.map(
      (weight, row) =>
        weight * (inner['label']!.dataSync()[row]! + inner['teacher']!.dataSync()[row]!) +
        (1 - weight) * labelLosses[row]!,
    )
    expectAllClose(tf.addN(Object.values(partsOf(method, batch))), expected)
    expectAllClose(lossOf(method, batch), tf.mean(expected))
    expect(() => weighted(vanillaKd(), [2])).toThrow('weighted: weights must be in [0, 1], got 2 in row 0')
  })

  it('with weights 0 and 1 is selected, for a method without groups', () => {
    const mask = [1, 0, 0, 1]
    expectAllClose(lossOf(weighted(vanillaKd(), mask), batch), lossOf(selected(vanillaKd(), mask), batch))
  })
})

describe('what is said of single examples', () => {
  const confident = defineMethod({
    name: 'confident',
    summary: 'says how sure the student is of each example',
    options: {},
    needs: { teachers: 1, exampleOutputs: true },
    loss: (step) => ({ teacher: distance(step) }),
    examples: async ({ studentLogits }) => ({
      confidence: await tf.tidy(() => tf.max(tf.softmax(studentLogits), 1)).data<'float32'>(),
    }),
  })
  const { ids } = noiseDataset.train
  const values = Float32Array.from(ids, (_, row) => row % 2)

  it.each([
    ['selected', selected(confident(), values, { ids })],
    ['distillationWeight', weighted(confident(), values, { ids })],
  ] as const)('%s comes with what the method says, outputs or not', async (column, method) => {
    expect(method.needs).toEqual(confident().needs)
    let withOutputs: Readonly<Record<string, Float32Array>> = {}
    const result = await distill({
      student: noiseNetwork(1),
      teachers: [noiseNetwork(2)],
      method,
      dataset: noiseDataset,
      epochs: 1,
      batchSize: 16,
      optimizer: sgd(),
      learningRate: 0.1,
      callbacks: {
        onEpochEnd: async (_, run) => {
          withOutputs = await run.examples(ids, { outputs: true })
        },
      },
    })
    expect(result.examples).toEqual({ [column]: values })
    expect(Object.keys(withOutputs)).toEqual(['confidence', column])
    expect(withOutputs[column]).toEqual(values)
    expect(withOutputs['confidence']!.every((value) => value > 1 / 3 && value <= 1)).toBe(true)
  })
})
