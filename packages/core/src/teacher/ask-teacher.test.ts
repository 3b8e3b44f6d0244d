import { noiseDataset, noiseNetwork, plainDistillation } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { KdError } from '../errors.js'
import { wrapMethod } from '../method/wrap-method.js'
import { sgd } from '../optimizer/sgd.js'
import { distill } from '../training/distill.js'
import type { DistillationOptions } from '../training/distillation-options.js'
import { evaluate } from '../training/evaluate.js'
import { functionTeacher, type Teacher, type TeacherFunction } from './teacher.js'

const model = noiseNetwork(3)

/** Answers at once. */
const atOnce: TeacherFunction = (inputs) => model.predict(inputs) as tf.Tensor

/** Makes a tensor before it waits, and its answer after. */
const later: TeacherFunction = async (inputs) => {
  const scaled = tf.mul(inputs, 1)
  await new Promise((resolve) => setTimeout(resolve, 1))
  const logits = model.predict(scaled) as tf.Tensor
  scaled.dispose()
  return logits
}

const never = (): Promise<tf.Tensor> => new Promise(() => undefined)

const run = (
  teacher: TeacherFunction | Teacher,
  options: Partial<DistillationOptions> = {},
): DistillationOptions => ({
  student: noiseNetwork(1),
  teachers: [teacher],
  method: plainDistillation(),
  dataset: noiseDataset,
  epochs: 2,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.1,
  ...options,
})

/** Answers right for a while, so that the run has begun when it does something else. */
const after =
  (calls: number, first: TeacherFunction, then: TeacherFunction): TeacherFunction =>
  (...question) =>
    calls-- > 0 ? first(...question) : then(...question)

const weightsOf = ({ student }: { student: LayersModel }): number[] =>
  student.getWeights().flatMap((weight) => [...weight.dataSync()])

/** Every step asks, since a form of the inputs is wanted for which nothing is kept. */
const askingAlways = () =>
  wrapMethod(plainDistillation(), {
    name: 'asking-always',
    needs: { views: { same: {} } },
    start: () => ({ views: ({ inputs }) => ({ same: tf.clone(inputs) }) }),
  })

/** The error of a run, and how many tensors it left behind. */
async function failureOf(
  teacher: () => TeacherFunction | Teacher,
  options: Partial<DistillationOptions> = {},
): Promise<{ error: KdError; left: number }> {
  const student = noiseNetwork(1)
  const before = tf.memory().numTensors
  const error: unknown = await distill(run(teacher(), { ...options, student })).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  // An answer that comes too late has time to come.
  await new Promise((resolve) => setTimeout(resolve, 20))
  // `run` makes a network of its own, which is not used.
  return { error: error as KdError, left: tf.memory().numTensors - before - 4 }
}

describe('a teacher that answers later', () => {
  it.each([
    ['where its answers are kept', plainDistillation],
    ['where it is asked at each step', askingAlways],
  ])('gives the bits of one that answers at once, and leaves nothing behind, %s', async (_, method) => {
    const quick = await distill(run(atOnce, { method: method() }))
    const options = run(later, { method: method() })
    const slow = await distill(options)
    expect(weightsOf(slow)).toEqual(weightsOf(quick))
    expect(slow.history.map(({ train }) => train)).toEqual(quick.history.map(({ train }) => train))
    expect(slow.teacherTrainMetrics).toEqual(quick.teacherTrainMetrics)
    const before = tf.memory().numTensors
    await distill(options)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('may give what it made before it waited', async () => {
    const promised: TeacherFunction = async (inputs) => model.predict(inputs) as tf.Tensor
    expect(weightsOf(await distill(run(promised)))).toEqual(weightsOf(await distill(run(atOnce))))
  })

  it('is measured as one that answers at once', async () => {
    const dataset = { ...noiseDataset, test: noiseDataset.validation! }
    expect(await evaluate(later, dataset)).toEqual(await evaluate(atOnce, dataset))
  })

  it('ends the run as aborted when it hangs in a step, with what was done', async () => {
    const controller = new AbortController()
    let asked = 0
    // One example, the whole split, and two views in each of the three steps of an epoch.
    const hanging = after(2 + 4, later, () => {
      asked += 1
      setTimeout(() => {
        controller.abort()
      }, 5)
      return never()
    })
    const options = run(hanging, { method: askingAlways(), signal: controller.signal })
    const before = tf.memory().numTensors
    const { ended, history } = await distill(options)
    expect({ ended, epochs: history.length, asked }).toEqual({ ended: 'aborted', epochs: 1, asked: 1 })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('ends the run as aborted when it hangs before the first epoch, or was aborted already', async () => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort()
    }, 5)
    const hanging = run(never, { signal: controller.signal })
    const before = tf.memory().numTensors
    expect(await distill(hanging)).toMatchObject({ ended: 'aborted', history: [] })
    expect(await distill(hanging)).toMatchObject({ ended: 'aborted', history: [] })
    expect(tf.memory().numTensors).toBe(before)
    await expect(
      evaluate(never, { ...noiseDataset, test: noiseDataset.train }, { signal: controller.signal }),
    ).rejects.toBe(controller.signal.reason)
  })

  it('does not hide another error when the run is aborted', async () => {
    const controller = new AbortController()
    const teacher = after(1, atOnce, () => {
      controller.abort()
      throw new Error('the disk is full')
    })
    await expect(distill(run(teacher, { signal: controller.signal }))).rejects.toThrow('the disk is full')
  })
})

describe('a teacher that gives its inputs back', () => {
  it.each<[string, TeacherFunction]>([
    ['at once', (inputs) => inputs],
    ['later', async (inputs) => Promise.resolve(inputs)],
  ])('%s is one that copies them', async (_, teacher) => {
    const dataset = { ...noiseDataset, classNames: ['a', 'b'] }
    const labels = (examples: typeof dataset.train) => ({
      ...examples,
      labels: examples.labels.map((label) => label % 2),
    })
    const two = { ...dataset, train: labels(dataset.train), validation: labels(dataset.validation!) }
    const student = (): LayersModel =>
      sequential({ layers: [layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'ones' })] })
    const options = run(teacher, { dataset: two, student: student(), method: askingAlways() })
    const copying = await distill(
      run((inputs) => tf.clone(inputs), { dataset: two, student: student(), method: askingAlways() }),
    )
    expect(weightsOf(await distill(options))).toEqual(weightsOf(copying))
    const before = tf.memory().numTensors
    await distill(options)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('a teacher that answers wrong', () => {
  const wrong = (logits: (inputs: tf.Tensor) => tf.Tensor): TeacherFunction[] => [
    logits,
    async (inputs) => Promise.resolve(logits(inputs)),
  ]
  it.each<[string, (inputs: tf.Tensor) => tf.Tensor, RegExp]>([
    [
      'with a row too many',
      ({ shape: [examples] }) => tf.zeros([examples + 1, 3]),
      /^distill: teacher 0 must give one row for each of 1 examples, got 2$/,
    ],
    [
      'for other classes',
      ({ shape: [examples] }) => tf.zeros([examples, 4]),
      /^distill: teacher 0 must give logits \[N, 3\] like the data set's classes, got \[N, 4\]/,
    ],
    [
      'with one number',
      () => tf.scalar(1),
      /^distill: teacher 0 must give logits \[N, 3\] like the data set's classes, got \[\]/,
    ],
    [
      'with NaN',
      ({ shape: [examples] }) => tf.fill([examples, 3], NaN),
      /^distill: teacher 0 must give finite logits, got NaN for the example with id 0$/,
    ],
    [
      'with numbers that are no tensor',
      () => [1, 2, 3] as unknown as tf.Tensor,
      /^distill: teacher 0 must give logits as a tensor, got object$/,
    ],
    [
      'with nothing',
      () => undefined as unknown as tf.Tensor,
      /^distill: teacher 0 must give logits as a tensor, got undefined$/,
    ],
  ])('is refused: %s', async (_, logits, message) => {
    for (const teacher of wrong(logits)) {
      const { error, left } = await failureOf(() => teacher)
      expect(KdError.isInstance(error)).toBe(true)
      expect(error.message).toMatch(message)
      expect(left).toBe(0)
    }
  })

  it('is named with the example where the answer is not finite, in the middle of a run too', async () => {
    const infinite: TeacherFunction = (inputs, { ids }) =>
      tf.tensor2d(
        Float32Array.from({ length: 3 * ids.length }, (_, at) =>
          ids[Math.floor(at / 3)] === 9 ? Infinity : 0,
        ),
        [ids.length, 3],
      )
    const { error, left } = await failureOf(() => after(2, atOnce, infinite), { method: askingAlways() })
    expect(error.message).toBe(
      'distill: teacher 0 must give finite logits, got Infinity for the example with id 9',
    )
    expect(left).toBe(0)
  })

  it.each<[string, () => TeacherFunction]>([
    [
      'throws',
      () =>
        after(2, atOnce, (inputs) => {
          tf.neg(inputs)
          throw new TypeError('no connection')
        }),
    ],
    ['rejects', () => after(2, atOnce, async () => Promise.reject(new TypeError('no connection')))],
  ])('is named with the cause when it %s', async (_, teacher) => {
    const named = () => functionTeacher(teacher(), 'the big one')
    const { error, left } = await failureOf(named, { method: askingAlways() })
    expect(error.message).toBe('distill: teacher 0 (the big one) must answer, got an error: no connection')
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(left).toBe(0)
  })

  it('passes errors of ours on as they are', async () => {
    const ours = new KdError('load: file must exist, got nothing')
    const { error } = await failureOf(() => async () => Promise.reject(ours))
    expect(error).toBe(ours)
  })

  it('may be late: its answer is freed when it comes after all', async () => {
    const slow: TeacherFunction = async ({ shape: [examples] }) => {
      await new Promise((resolve) => setTimeout(resolve, 15))
      return tf.zeros([examples, 3])
    }
    const { error, left } = await failureOf(() => slow, { teacherTimeout: 0.005 })
    expect(error.message).toMatch(
      /^distill: teacher 0 must answer within 0.005 s, got no answer\n.*allow more time with teacherTimeout/,
    )
    expect(left).toBe(0)
    expect((await failureOf(() => never, { teacherTimeout: 0.005 })).error.message).toMatch(/within 0.005 s/)
    expect((await distill(run(slow, { teacherTimeout: 5 }))).ended).toBe('epochs')
    await expect(
      evaluate(never, { ...noiseDataset, test: noiseDataset.train }, { teacherTimeout: 0.005 }),
    ).rejects.toThrow(/teacher 0 must answer within 0.005 s/)
  })

  it('may lack a feature only where it could not say so before', async () => {
    const silent: Teacher = {
      name: 'silent',
      features: undefined,
      answer: ({ inputs }) => ({ logits: model.predict(inputs) as tf.Tensor, features: {} }),
    }
    const method = wrapMethod(plainDistillation(), { name: 'needing', needs: { teacherFeatures: ['map'] } })
    const { error, left } = await failureOf(() => silent, { method })
    expect(error.message).toBe('distill: teacher 0 (silent) must give the feature map, got none')
    expect(left).toBe(0)
    const student = noiseNetwork(1)
    const before = weightsOf({ student })
    await expect(distill(run({ ...silent, features: ['other'] }, { method, student }))).rejects.toThrow(
      /teacher 0 \(silent\) must have the layer asked for, got map\n.*its layers: other/,
    )
    expect(weightsOf({ student })).toEqual(before)
  })
})
