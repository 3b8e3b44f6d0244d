import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { sgd, type Dataset, type Method, type RandomSource } from '../../packages/core/src/index.js'
import type { TensorValues } from '../../packages/core/src/model/tensor-values.js'
import { restoreCheckpoint, takeCheckpoint } from '../../packages/core/src/training/checkpoint-state.js'
import { startRun, type RunState } from '../../packages/core/src/training/run-state.js'
import type { TrainingCheckpoint } from '../../packages/core/src/training/training-checkpoint.js'
import { vanillaKd } from '../../packages/losses/src/index.js'
import {
  adaptiveMixing,
  curriculumTemperature,
  gradNorm,
  metaWeightNet,
  uncertaintyWeighting,
} from '../../packages/meta-mixing/src/index.js'
import { mlp } from '../../packages/models/src/index.js'
import { refreshedSelection } from '../../packages/selection/src/index.js'
import type { FuzzTarget } from './fuzz-target.js'
import { pick } from './mutate.js'

const methods: readonly (() => Method)[] = [
  () => adaptiveMixing(),
  () => curriculumTemperature(),
  () => gradNorm(),
  () => metaWeightNet(),
  () => uncertaintyWeighting(),
  () => vanillaKd(),
  () => refreshedSelection(vanillaKd(), { fraction: 0.5 }),
]
const metrics = { examples: 3, loss: 0.3, top1: 1 / 3, expectedCalibrationError: 0.1 }
const epoch = {
  ...{ epoch: 0, steps: 2, seconds: 1, learningRate: 0.1 },
  train: { loss: 1, parts: { label: 1 }, figures: { top1: 0 } },
  validation: metrics,
}
/** Of methods that make it in the course of a run. */
const made: readonly [string, TensorValues][] = [
  [
    'method/weights',
    { shape: [4, 2], dtype: 'float32', values: Float32Array.of(0.5, 0.5, 1, 0, NaN, NaN, 0.2, 0.8) },
  ],
  ['method/dataHash', { shape: [2], dtype: 'int32', values: Int32Array.of(123, 456) }],
  ['method/selection.mask', { shape: [4], dtype: 'int32', values: Int32Array.of(1, 0, 0, 1) }],
]

const examples = {
  inputs: Float32Array.from({ length: 12 }, (_, index) => index / 12),
  labels: Int32Array.of(0, 1, 2, 0),
  ids: Int32Array.of(0, 1, 2, 3),
}
const dataset: Dataset = {
  name: 'made',
  inputShape: [3],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: examples,
  validation: examples,
}

/** A run of two epochs of two steps before its first step; whoever starts it disposes of it. */
async function started(index: number): Promise<RunState> {
  await tf.setBackend('cpu')
  models ??= [1, 2].map((seed) => mlp({ inputShape: [3], hiddenUnits: [2], classes: 3, seed }))
  const [student, teacher] = models
  return startRun({
    student: student!,
    teachers: [teacher!],
    method: methods[index]!(),
    dataset,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.1,
    epochs: 2,
    batchSize: 2,
  })
}

/** One student and one teacher for all cases. */
let models: readonly LayersModel[] | undefined

const checkpoints = new Map<number, Promise<TrainingCheckpoint>>()

async function checkpointOf(index: number): Promise<TrainingCheckpoint> {
  const run = await started(index)
  try {
    run.history.push(epoch)
    await run.tracker.take(0, metrics)
    const { progress, tensors } = await takeCheckpoint(run, { epoch: 1, step: 0 })
    const all = index === 0 ? made.slice(0, 2) : index === 6 ? made.slice(2) : []
    return { progress, tensors: new Map([...tensors, ...all]) }
  } finally {
    run.dispose()
  }
}

function changedTensors(
  random: RandomSource,
  tensors: TrainingCheckpoint['tensors'],
): [string, TensorValues][] {
  const changed = [...tensors]
  for (let times = 1 + random.integer(2); times > 0 && changed.length > 0; times--) {
    const at = random.integer(changed.length)
    const [name, { shape, dtype, values }] = changed[at]!
    const value = pick(random, [NaN, Infinity, -1, 0, 1e38, 2 ** 31 - 1])
    const others = Array.from(values, (old) => (random.integer(3) === 0 ? value : old))
    changed[at] = pick<[string, TensorValues]>(random, [
      [
        pick(random, ['x', '__proto__', 'method/__proto__', 'method/x', 'optimizer/0/x', 'best/9']),
        changed[at]![1],
      ],
      [name, { shape: [values.length], dtype, values }],
      [name, { shape: [1, ...shape], dtype, values }],
      [name, { shape: [2], dtype: 'float32', values: Float32Array.of(1, value) }],
      [name, { shape: [0], dtype, values: values.slice(0, 0) }],
      [name, pick(random, changed)[1]],
      [name, { shape, dtype: 'int32', values: Int32Array.from(values) }],
      [name, { shape, dtype: 'float32', values: Float32Array.from(others) }],
    ])
    if (random.integer(5) === 0) changed.splice(at, 1)
  }
  return changed
}

/** What a training takes back from a checkpoint that is well-formed. */
export const methodTargets: Record<string, FuzzTarget> = {
  'states of trainings': {
    make: async (random) => {
      const index = random.integer(methods.length)
      if (!checkpoints.has(index)) checkpoints.set(index, checkpointOf(index))
      const { tensors } = await checkpoints.get(index)!
      return { index, tensors: changedTensors(random, tensors) }
    },
    read: async (input) => {
      const { index, tensors } = input as { index: number; tensors: [string, TensorValues][] }
      const { progress } = await checkpoints.get(index)!
      const run = await started(index)
      try {
        restoreCheckpoint(run, { progress, tensors: new Map(tensors) })
      } finally {
        run.dispose()
      }
    },
  },
}
