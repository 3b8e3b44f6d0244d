import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { DistillationMethod, RandomSource } from '../../packages/core/src/index.js'
import {
  adaptiveMixing,
  curriculumTemperature,
  gradNorm,
  metaWeightNet,
  uncertaintyWeighting,
} from '../../packages/meta-mixing/src/index.js'
import type { FuzzTarget } from './fuzz-target.js'
import { pick } from './mutate.js'

interface Saved {
  readonly shape: number[]
  readonly dtype: 'float32' | 'int32'
  readonly values: number[]
}

const table: Record<string, Saved> = {
  weights: { shape: [4, 2], dtype: 'float32', values: [0.5, 0.5, 1, 0, NaN, NaN, 0.2, 0.8] },
  dataHash: { shape: [2], dtype: 'int32', values: [123, 456] },
}
const methods: readonly [string, () => DistillationMethod][] = [
  ['adaptive mixing', () => adaptiveMixing()],
  ['curriculum temperature', () => curriculumTemperature()],
  ['grad norm', () => gradNorm()],
  ['meta-weight-net', () => metaWeightNet()],
  ['uncertainty weighting', () => uncertaintyWeighting()],
]

const states = new Map<number, Record<string, Saved>>([[0, table]])

/** What the method saves when it begins; of a mixing table, which a run makes, one made up. */
function savedState(index: number): Record<string, Saved> {
  const known = states.get(index)
  if (known !== undefined) return known
  const saved = Object.entries(methods[index]![1]().saveState!()).map(([name, tensor]) => {
    const { shape, dtype } = tensor
    return [name, { shape: [...shape], dtype, values: [...tensor.dataSync()] }]
  })
  const state = Object.fromEntries(saved) as Record<string, Saved>
  states.set(index, state)
  return state
}

function changedState(random: RandomSource, state: Record<string, Saved>): Record<string, Saved> {
  const changed = Object.entries(structuredClone(state))
  for (let times = 1 + random.integer(3); times > 0 && changed.length > 0; times--) {
    const at = random.integer(changed.length)
    const [name, { shape, dtype, values }] = changed[at]!
    const other = pick(random, changed)[1]
    const value = pick(random, [NaN, Infinity, -1, 0, 1e38, 2 ** 31 - 1])
    const flat = { shape: [values.length], dtype, values }
    changed[at] = pick<[string, Saved]>(random, [
      [pick(random, ['x', '__proto__', 'weights ', 'optimizer/0/x']), changed[at]![1]],
      [name, flat],
      [name, { shape: [1, ...shape], dtype, values }],
      [name, { shape: [values.length + 1], dtype, values: [...values, 1] }],
      [name, { shape: [0], dtype, values: [] }],
      [name, other],
      [name, { shape, dtype: dtype === 'int32' ? 'float32' : 'int32', values: values.map(() => 1) }],
      [name, { shape, dtype, values: values.map((old) => (random.integer(3) === 0 ? value : old)) }],
    ])
    if (random.integer(5) === 0) changed.splice(at, 1)
  }
  return Object.fromEntries(changed)
}

/** What a checkpoint gives back to a method. */
export const methodTargets: Record<string, FuzzTarget> = {
  'states of methods': {
    make: async (random) => {
      await tf.setBackend('cpu')
      const index = random.integer(methods.length)
      return { index, state: changedState(random, savedState(index)) }
    },
    read: (input) => {
      const { index, state } = input as { index: number; state: Record<string, Saved> }
      const method = methods[index]![1]()
      try {
        return tf.tidy(() => {
          const tensors = Object.entries(state).map(([name, { values, shape, dtype }]) => [
            name,
            tf.tensor(values, shape, dtype),
          ])
          method.loadState!(Object.fromEntries(tensors) as tf.NamedTensorMap)
          return Object.keys(method.saveState!())
        })
      } finally {
        for (const variable of method.variables ?? []) variable.dispose()
      }
    },
  },
}
