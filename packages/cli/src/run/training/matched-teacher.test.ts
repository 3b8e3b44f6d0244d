import { selectEngine, type AnyDataset } from '@kd/core'
import { mlp } from '@kd/models'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { matchInput } from '../model/match-input.js'
import type { ChangedModel } from './changed-model.js'
import { matchedTeacher } from './matched-teacher.js'

const examples = { inputs: new Float32Array(3), labels: new Int32Array(1), ids: new Int32Array(1) }
const dataset: AnyDataset = {
  name: 'data',
  inputShape: [3],
  featureNames: ['x', 'y', 'z'],
  classNames: ['red', 'green', 'blue'],
  normalization: { mean: [1, 2, 3], standardDeviation: [2, 4, 8] },
  train: examples,
}
const description = {
  shape: [3],
  columns: ['z', 'x', 'y'],
  classNames: ['blue', 'red', 'green'],
  normalization: { mean: [-1], standardDeviation: [0.5] },
}
const match = matchInput(description, dataset, 'teacher 1')

beforeAll(() => selectEngine('cpu'))

describe('matchedTeacher', () => {
  const model = mlp({ inputShape: [3], hiddenUnits: [5], classes: 3, seed: 1 })
  const teacher = matchedTeacher(model, match, dataset) as ChangedModel
  const raw = [5, -2, 7]
  const given = (): tf.Tensor2D => tf.tensor2d([raw.map((value, at) => (value - (at + 1)) / 2 ** (at + 1))])
  // As the run would have had the same example: z, x, y by its own normalization.
  const own = (): tf.Tensor2D => tf.tensor2d([[7, 5, -2].map((value) => (value + 1) / 0.5)])
  const how = { mode: 'eval', features: ['penultimate'] } as const

  it('gives the logits of the run, in the order of the classes of the data', () => {
    const [blue, red, green] = (model.predict(own()) as tf.Tensor).dataSync()
    expectAllClose(teacher.forward(given(), how).logits, [[red!, green!, blue!]])
  })

  it('lets gradients through to the inputs, its features and its variables', () => {
    const weights = tf.tensor2d([[1, 2, 3]])
    const ours = tf.grad((x) => tf.sum(tf.mul(teacher.forward(x, how).logits, weights)))(given())
    const theirs = tf.grad((x) => tf.sum(tf.mul(model.apply(x) as tf.Tensor, tf.tensor2d([[3, 1, 2]]))))(
      own(),
    )
    const [z, x, y] = theirs.dataSync()
    expectAllClose(ours, [[(x! * 2) / 0.5, (y! * 4) / 0.5, (z! * 8) / 0.5]])
    const { logits, features } = teacher.forward(given(), how)
    expectAllClose(
      teacher.forwardFrom!('penultimate', features['penultimate']!, { ...how, features: [] }).logits,
      logits,
    )
    expect(teacher.variables).toHaveLength(4)
  })

  it('is the model itself where nothing differs, and keeps no tensor', async () => {
    const { featureNames, classNames, normalization } = dataset
    const same = { shape: [3], columns: featureNames!, classNames, normalization }
    expect(matchedTeacher(model, matchInput(same, dataset, 'teacher 1'), dataset)).toBe(model)
    await expectNoLeak(() => {
      tf.tidy(() => void teacher.forward(given(), how))
    })
  })
})
