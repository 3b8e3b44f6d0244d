import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { DistillationMethod, RandomSource } from '../../packages/core/src/index.js'
import { sgd } from '../../packages/core/src/index.js'
import { BestEpochTracker } from '../../packages/core/src/training/best-epoch.js'
import {
  restoreCheckpoint,
  takeCheckpoint,
  type CheckpointState,
} from '../../packages/core/src/training/checkpoint-state.js'
import type {
  TensorValues,
  TrainingCheckpoint,
} from '../../packages/core/src/training/training-checkpoint.js'
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

const methods: readonly (() => DistillationMethod)[] = [
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
  train: { loss: 1, parts: { label: 1 }, top1: 0 },
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

let state: Promise<CheckpointState> | undefined

/** One student for all cases; a method of its own for each. */
function training(): Promise<CheckpointState> {
  return (state ??= (async () => {
    await tf.setBackend('cpu')
    const student = mlp({ inputShape: [3], hiddenUnits: [2], classes: 3, seed: 1 })
    const tracker = new BestEpochTracker(student, 'top1')
    await tracker.take(0, metrics)
    const optimizer = sgd({ momentum: 0.9 })
    return { student, method: vanillaKd(), optimizer, trainingTeachers: [], tracker, history: [epoch] }
  })())
}

const checkpoints = new Map<number, Promise<TrainingCheckpoint>>()

async function checkpointOf(index: number): Promise<TrainingCheckpoint> {
  const method = methods[index]!()
  const { progress, tensors } = await takeCheckpoint({ ...(await training()), method }, { epoch: 1, step: 0 })
  const all = index === 0 ? made.slice(0, 2) : index === 6 ? made.slice(2) : []
  return { progress, tensors: new Map([...tensors, ...all]) }
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
      const method = methods[index]!()
      try {
        const whole = { progress, tensors: new Map(tensors) }
        const taking = { ...(await training()), method, history: [] }
        restoreCheckpoint(taking, whole, { epochs: 2, stepsPerEpoch: 2 })
      } finally {
        for (const variable of method.variables ?? []) variable.dispose()
      }
    },
  },
}
