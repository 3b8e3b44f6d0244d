import { distill, randomSource, sgd, type RunningMethod, type RunStart } from '@kd/core'
import { expectAllClose, expectNoLeak, noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { unit } from '../terms/maps.js'
import { contrastiveLosses, type Contrast } from './contrast.js'
import golden from './contrastive-representation.golden.json' with { type: 'json' }
import { contrastiveRepresentation } from './contrastive-representation.js'
import { ContrastMemory, type Side } from './memory.js'
import { Negatives } from './negatives.js'

type GoldenCase = (typeof golden.cases)[number]
const names = ['student/kernel', 'student/bias', 'teacher/kernel', 'teacher/bias'] as const

/** The tables of a case, whose list of rows begins with the example's own. */
function contrastOf({ inputs, options }: GoldenCase, side: Side): Contrast {
  const rows = inputs.bankStudent.length
  const table = (of: (row: number[]) => number[]): tf.Tensor2D =>
    tf.tensor2d(
      inputs.contrast.map((row) => {
        const counts = new Array<number>(rows).fill(0)
        for (const index of of(row)) counts[index]! += 1
        return counts
      }),
    )
  const [student, teacher] = options.constants ?? []
  return {
    bank: tf.tensor2d(side === 'student' ? inputs.bankTeacher : inputs.bankStudent),
    positives: table(([own]) => [own!]),
    negatives: table(([, ...others]) => others),
    count: inputs.contrast[0]!.length - 1,
    temperature: 0.07,
    constant: side === 'student' ? student : teacher,
  }
}

const embeddingOf = (feature: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor2D =>
  unit(tf.add(tf.matMul(feature as tf.Tensor2D, kernel as tf.Tensor2D), bias), 1)

const lossOf = (one: GoldenCase, feature: tf.Tensor, variables: readonly tf.Tensor[]): tf.Scalar => {
  const [kernel, bias, otherKernel, otherBias] = variables as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  const ofTeacher = embeddingOf(tf.tensor2d(one.inputs.teacher), otherKernel, otherBias)
  return tf.mean(
    tf.add(
      contrastiveLosses(embeddingOf(feature, kernel, bias), contrastOf(one, 'student')),
      contrastiveLosses(ofTeacher, contrastOf(one, 'teacher')),
    ),
  )
}

describe('contrastiveRepresentation', () => {
  it.each(golden.cases.map((one) => [one.name, one] as const))(
    'gives the golden loss and gradients by one product with the bank: %s',
    (_, one) => {
      const student = tf.tensor2d(one.inputs.student)
      const variables = names.map((name) => tf.tensor(one.inputs.variables[name]))
      expectAllClose(lossOf(one, student, variables), one.loss, { relative: 2e-5 })
      const found = tf.grads((feature: tf.Tensor, ...others: tf.Tensor[]) => lossOf(one, feature, others))([
        student,
        ...variables,
      ])
      const expected = [one.gradients.student, ...names.map((name) => one.gradients.variables[name])]
      const largest = Math.max(...expected.flat(2).map(Math.abs))
      for (const [index, values] of expected.entries())
        expectAllClose(found[index]!, values, { absolute: 5e-5 * largest, relative: 0 })
    },
  )

  it.each(golden.cases.map((one) => [one.name, one] as const))(
    'moves the banks as the golden values: %s',
    (_, one) => {
      const memory = new ContrastMemory(12, 4, randomSource(1))
      const { inputs, state } = one
      memory.load({
        bankStudent: tf.tensor2d(inputs.bankStudent),
        bankTeacher: tf.tensor2d(inputs.bankTeacher),
        constants: tf.tensor1d([1, 1]),
        steps: tf.scalar(3, 'int32'),
      })
      const embedding = (side: Side): tf.Tensor2D =>
        embeddingOf(
          tf.tensor(inputs[side]),
          tf.tensor(inputs.variables[`${side}/kernel`]),
          tf.tensor(inputs.variables[`${side}/bias`]),
        )
      memory.update(
        Int32Array.from(inputs.contrast, ([own]) => own!),
        {
          student: embedding('student'),
          teacher: embedding('teacher'),
        },
      )
      expectAllClose(memory.bank('student'), state.bankStudent, { absolute: 1e-5 })
      expectAllClose(memory.bank('teacher'), state.bankTeacher, { absolute: 1e-5 })
      expect(memory.steps).toBe(4)
      memory.dispose()
    },
  )

  it('draws negatives of other classes, each once where there are as many', () => {
    const labels = Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1)
    const negatives = new Negatives(labels)
    const drawn = (count: number, seed: number): Float32Array => {
      const counts = new Float32Array(8)
      negatives.draw(0, count, randomSource(seed), counts)
      return counts
    }
    const sums = new Float32Array(8)
    for (let seed = 0; seed < 500; seed++) {
      const counts = drawn(2, seed)
      expect(counts.reduce((sum, value) => sum + value)).toBe(2)
      expect(Math.max(...counts)).toBe(1)
      for (const [row, value] of counts.entries()) sums[row]! += value
    }
    // 2 of 5 rows: each 200 times, with a deviation of 11.
    for (const [row, sum] of sums.entries()) {
      if (labels[row] === 0) expect(sum).toBe(0)
      else expect(Math.abs(sum - 200)).toBeLessThan(50)
    }
    expect(drawn(20, 1).reduce((sum, value) => sum + value)).toBe(20)
    expect(() => new Negatives(Int32Array.of(1, 1))).toThrow('must have at least 2 classes, got 1')
  })

  const options = {
    dataset: noiseDataset,
    batchSize: 8,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.02,
  }
  const method = contrastiveRepresentation({
    dimensions: 4,
    negatives: 6,
    hardLossWeight: 0,
    featureWeight: 1,
  })

  it('learns to tell the examples from one another', async () => {
    const { history } = await distill({
      ...options,
      student: noiseNetwork(1),
      teachers: [noiseNetwork(2)],
      method,
      epochs: 30,
    })
    const losses = history.map(({ train }) => train.loss)
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!)
  })

  it('goes on from what it saved as if it had not stopped', async () => {
    const run = {
      student: { logits: [3], features: { penultimate: [3] } },
      teachers: [{ logits: [3], features: { penultimate: [6] } }],
      train: { ids: Int32Array.of(4, 9, 1, 7), labels: Int32Array.of(0, 1, 0, 1) },
      random: randomSource(5),
    } as unknown as RunStart
    const step = (seed: number) =>
      ({
        ids: Int32Array.of(9, 4),
        labels: tf.tensor1d([1, 0], 'int32'),
        studentLogits: tf.zeros([2, 3]),
        task: { labelLoss: () => tf.zeros([2]) },
        studentFeatures: { penultimate: tf.randomNormal([2, 3], 0, 1, 'float32', seed) },
        teacherFeatures: [{ penultimate: tf.randomNormal([2, 6], 0, 1, 'float32', seed + 1) }],
      }) as never
    const started = (): RunningMethod => inTidy(() => method.start(run))
    const [one, other] = [started(), started()]
    one.afterStep!(step(1))
    one.afterStep!(step(2))
    other.load!(one.save!())
    const losses = [one, other].map(({ phases }) => {
      const { student, teacher } = phases[0]!.loss(step(3))
      return [...tf.add(student!, teacher!).dataSync()]
    })
    expect(losses[1]).toEqual(losses[0])
    one.dispose!()
    other.dispose!()
  })

  it('leaves no tensor alive', async () => {
    await expectNoLeak(() => {
      const memory = inTidy(() => new ContrastMemory(5, 3, randomSource(1)))
      tf.tidy(() => {
        const embeddings = unit(tf.ones<tf.Rank.R2>([2, 3]), 1)
        memory.update(Int32Array.of(0, 4), { student: embeddings, teacher: embeddings })
      })
      memory.dispose()
      return tf.scalar(0)
    })
  })
})

/** Makes something as a run does: what is kept are variables alone. */
function inTidy<Value>(make: () => Value): Value {
  let made: Value
  tf.tidy(() => {
    made = make()
  })
  return made!
}
