import { expectSameAfterResume, plainDistillation } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryBatches } from '../dataset/memory-batches.js'
import type { Dataset, Examples } from '../dataset/dataset.js'
import { selectEngine } from '../engine/select-engine.js'
import { labelLoss } from '../method/label-loss.js'
import type { Method } from '../method/method.js'
import { studentPhases, wrapMethod } from '../method/wrap-method.js'
import { adam } from '../optimizer/adam.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { cosineDecay, warmUp } from '../schedule.js'
import { distill } from './distill.js'
import type { DistillationOptions } from './distillation-options.js'
import type { TrainingCheckpoint } from './training-checkpoint.js'

function noise(examples: number, seed: number): Examples {
  const random = randomSource(seed)
  const labels = Int32Array.from({ length: examples }, () => random.integer(3))
  const inputs = Float32Array.from({ length: examples * 4 }, (_, at) => {
    return random.normal() + labels[Math.floor(at / 4)]! * (at % 4 === 0 ? 1 : 0)
  })
  return { inputs, labels, ids: labels.map((_, row) => row) }
}

const dataset: Dataset = {
  name: 'noise',
  inputShape: [4],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: noise(44, 1),
  validation: noise(30, 2),
}

/** With moving averages and dropout, whose seeds are drawn in each step. */
function network(seed: number): LayersModel {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed } } as never
  return sequential({
    layers: [
      layers.dense({ units: 6, inputShape: [4], activation: 'relu', kernelInitializer }),
      layers.batchNormalization(),
      layers.dropout({ rate: 0.3 }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  })
}

/** Learns a weight of its own, and changes a factor before each epoch by what a pass with the teachers shows. */
function wanderingMethod(keeps: 'everything' | 'nothing'): Method {
  return wrapMethod(plainDistillation(), {
    name: 'wandering',
    start(_, inner) {
      const variable = tf.tidy(() => tf.variable(tf.tensor1d([0.1])))
      let factor = 1
      return {
        variables: { variable },
        phases: studentPhases(inner, (step, plain) => {
          const parts = plain(step)
          return {
            label: parts['label']!,
            teacher: tf.mul<tf.Tensor1D>(factor, tf.mul(parts['teacher']!, tf.exp(tf.neg(variable)))),
            size: tf.mul(tf.mean(variable), tf.onesLike(parts['label']!)),
          }
        }),
        async beforeEpoch({ forEachBatch, random, epoch }) {
          let sum = keeps === 'everything' ? factor : 0
          await forEachBatch('train', async ({ teacherLogits }) => {
            const mean = tf.mean(teacherLogits[0]!)
            sum += (await mean.data())[0]!
            mean.dispose()
          })
          factor = Math.fround(1 + 0.1 * Math.tanh(sum) + 0.01 * random.split(epoch).uniform())
        },
        ...(keeps === 'everything' && {
          save: () => ({ factor: tf.scalar(factor) }),
          load: (state) => (factor = state['factor']!.dataSync<'float32'>()[0]!),
        }),
      }
    },
  })
}

const base = (): DistillationOptions => ({
  student: network(1),
  method: labelLoss(),
  dataset,
  epochs: 3,
  batchSize: 16,
  optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  learningRate: warmUp(cosineDecay({ initial: 0.2, every: 'step' }), { epochs: 1.5 }),
  seed: 4,
})

const cases: [string, () => DistillationOptions][] = [
  ['momentum, schedules and dropout', base],
  [
    'Adam, early stop and clipping',
    () => ({
      ...base(),
      optimizer: adam({ weightDecay: 1e-3 }),
      gradientClipping: { norm: 0.5 },
      epochs: 9,
      earlyStop: { patience: 1 },
      monitor: 'loss',
      learningRate: 0.4,
    }),
  ],
  [
    'teachers in train mode, with moving averages and dropout of their own',
    () => ({
      ...base(),
      teachers: [network(7)],
      method: wanderingMethod('everything'),
      teacherMode: 'train',
    }),
  ],
  [
    'a method with state and a variable of its own',
    () => ({ ...base(), teachers: [network(7)], method: wanderingMethod('everything'), optimizer: adam() }),
  ],
  [
    'a method that begins each epoch anew',
    () => ({ ...base(), teachers: [network(7)], method: wanderingMethod('nothing') }),
  ],
]

afterAll(() => selectEngine('cpu'))

describe.each(['cpu', 'wasm'] as const)('distill with resume on %s', (engine) => {
  it.each(cases)('ends with the same bits after any interruption: %s', async (name, makeOptions) => {
    await selectEngine(engine)
    const tried = await expectSameAfterResume(makeOptions)
    // Three steps, and the end of each epoch; four epochs with early stop.
    if (name.startsWith('Adam')) expect(tried).toBe(16)
    else expect(tried).toBe(name.includes('anew') ? 3 : 12)
  })
})

async function checkpointsOf(options: DistillationOptions): Promise<TrainingCheckpoint[]> {
  const found: TrainingCheckpoint[] = []
  await distill({
    ...options,
    callbacks: { onCheckpoint: async ({ take }) => void found.push(await take()) },
  })
  return found
}

describe('a checkpoint', () => {
  it('is not touched by the run that goes on', async () => {
    const [first] = await checkpointsOf(base())
    const [again] = await checkpointsOf({ ...base(), epochs: 1 })
    expect(first!.tensors).toEqual(again!.tensors)
  })

  it('leaves no tensors behind, neither when it is taken nor when it is restored', async () => {
    const checkpoints = await checkpointsOf({
      ...base(),
      teachers: [network(7)],
      method: wanderingMethod('everything'),
    })
    const options = { ...base(), teachers: [network(7)], method: wanderingMethod('everything') }
    const aborted = AbortSignal.abort()
    await distill({ ...options, resume: checkpoints[3]!, signal: aborted })
    const before = tf.memory().numTensors
    await distill({ ...options, resume: checkpoints[3]!, signal: aborted })
    expect(tf.memory().numTensors).toBe(before)
    let taken = 0
    await distill({
      ...options,
      resume: checkpoints[3]!,
      callbacks: {
        onCheckpoint: async ({ take }) => {
          const alive = tf.memory().numTensors
          await take()
          taken += alive - tf.memory().numTensors
        },
      },
    })
    // Only the statistics of the step are read and freed.
    expect(taken).toBe(6)
  })

  it('ends a run at once that had ended', async () => {
    const last = (await checkpointsOf(base())).at(-1)!
    const { history, ended } = await distill({ ...base(), resume: last })
    expect([history.length, ended]).toEqual([3, 'epochs'])
  })

  it.each<[string, (checkpoint: TrainingCheckpoint) => TrainingCheckpoint, string]>([
    [
      'another optimizer',
      (checkpoint) => ({ ...checkpoint, progress: { ...checkpoint.progress, optimizer: 'adam' } }),
      'resume must be of a run with optimizer sgd, got adam',
    ],
    [
      'another method',
      (checkpoint) => ({ ...checkpoint, progress: { ...checkpoint.progress, method: 'x' } }),
      'resume must be of a run with method label-loss, got x',
    ],
    [
      'a step past the epoch',
      (checkpoint) => ({ ...checkpoint, progress: { ...checkpoint.progress, step: 4 } }),
      'resume must be of a run with 3 epochs of 3 steps, got epoch 1, step 4 after 1 epochs',
    ],
    [
      'another student',
      ({ progress, tensors }) => ({
        progress,
        tensors: new Map(tensors).set('student/0', tensors.get('student/1')!),
      }),
      'resume must hold float32 [4, 6] as student/0, got float32 [6]',
    ],
    [
      'a weight too many',
      ({ progress, tensors }) => ({
        progress,
        tensors: new Map(tensors).set('student/8', tensors.get('student/1')!),
      }),
      'resume must hold none as student/8, got float32 [6]',
    ],
    [
      'a variable too few',
      ({ progress, tensors }) => ({
        progress,
        tensors: new Map([...tensors].filter(([name]) => name !== 'best/0')),
      }),
      'resume must hold float32 [4, 6] as best/0, got none',
    ],
    [
      'state of another optimizer',
      ({ progress, tensors }) => ({
        progress,
        tensors: new Map(tensors).set('optimizer/0/mean', tensors.get('student/0')!),
      }),
      'loadState: keys must be index/name with a name of momentum, got "0/mean"',
    ],
  ])('is refused with %s', async (_, change, message) => {
    const checkpoints = await checkpointsOf({ ...base(), epochs: 2 })
    const resume = change(checkpoints.find(({ progress }) => progress.epoch === 1 && progress.step === 1)!)
    await expect(distill({ ...base(), resume })).rejects.toThrow(message)
  })

  it('says which method cannot take its state, whatever that throws', async () => {
    const [first] = await checkpointsOf(base())
    const method: Method = {
      ...labelLoss(),
      start: (run) => ({
        ...labelLoss().start(run),
        load() {
          throw new TypeError('no such thing')
        },
      }),
    }
    await expect(distill({ ...base(), method, resume: first! })).rejects.toThrow(
      'distill: resume must hold a state that the method label-loss takes, got no such thing',
    )
  })

  it('counts the step of an infinite loss from the start of the epoch', async () => {
    const [, second] = await checkpointsOf(base())
    const spoiled = {
      ...memoryBatches(dataset),
      async *batches(wanted: Parameters<ReturnType<typeof memoryBatches>['batches']>[0]) {
        let step = 0
        for await (const batch of memoryBatches(dataset).batches(wanted))
          yield ++step < 3 ? batch : { ...batch, inputs: batch.inputs.fill(Number.NaN) }
      },
    }
    await expect(distill({ ...base(), batches: spoiled, resume: second! })).rejects.toThrow(
      'got NaN in step 3 of epoch 0',
    )
  })
})
