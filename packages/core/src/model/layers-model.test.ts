import { expectAllClose, expectNoLeak, noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { input, layers, model as makeModel, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { labelLoss } from '../method/label-loss.js'
import { wrapMethod } from '../method/wrap-method.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { distill } from '../training/distill.js'
import { layersModel } from './layers-model.js'
import type { Mode, Model } from './model.js'

/** For images 8 by 8: two convolutions, one at half the size, with moving averages and dropout, then two dense layers. */
function imageNetwork(): LayersModel {
  return sequential({
    layers: [
      layers.conv2d({ name: 'wide', filters: 2, kernelSize: 3, padding: 'same', inputShape: [8, 8, 1] }),
      layers.activation({ name: 'bent', activation: 'relu' }),
      layers.conv2d({ name: 'narrow', filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.globalAveragePooling2d({ name: 'pool' }),
      layers.dense({ name: 'hidden', units: 5 }),
      layers.dropout({ name: 'dropped', rate: 0.5 }),
      layers.dense({ name: 'head', units: 4 }),
    ],
  })
}

/** A shortcut leads around `inner`, and meets it again in `sum`. */
function shortcutNetwork(): LayersModel {
  const inputs = input({ shape: [3] })
  const first = layers.dense({ name: 'first', units: 3 }).apply(inputs) as never
  const inner = layers.dense({ name: 'inner', units: 3, activation: 'tanh' }).apply(first) as never
  const sum = layers.add({ name: 'sum' }).apply([first, inner]) as never
  return makeModel({ inputs, outputs: layers.dense({ name: 'head', units: 2 }).apply(sum) as never })
}

const images = (): tf.Tensor => {
  const random = randomSource(3)
  return tf.tensor4d(
    Float32Array.from({ length: 6 * 64 }, () => random.normal() + 1),
    [6, 8, 8, 1],
  )
}

const evaluated = { mode: 'eval' as Mode, features: [] as string[] }

describe('layersModel', () => {
  it('shows layers, the input of the last dense layer, and the last layer of each size', () => {
    const layersOf = imageNetwork()
    const model = layersModel(layersOf)
    expect(model.features).toEqual([
      ...['wide', 'bent', 'narrow', 'norm', 'pool', 'hidden', 'dropped', 'head'],
      ...['penultimate', 'stage1', 'stage2'],
    ])
    const names = ['stage1', 'bent', 'stage2', 'norm', 'penultimate', 'dropped', 'head']
    const { logits, features } = model.forward(images(), { mode: 'eval', features: names })
    expectAllClose(logits, layersOf.predict(images()))
    expect(Object.keys(features)).toEqual(names)
    expectAllClose(features['stage1']!, features['bent']!)
    expectAllClose(features['stage2']!, features['norm']!)
    expectAllClose(features['penultimate']!, features['dropped']!)
    expectAllClose(features['head']!, logits)
    expect(features['stage2']!.shape).toEqual([6, 4, 4, 3])
    expect(features['penultimate']!.shape).toEqual([6, 5])
    expect([model.inputShape, model.outputShape]).toEqual([[8, 8, 1], [4]])
    expect(model.variables).toHaveLength(10)
    expect(model.weights).toHaveLength(12)
  })

  it('has no stages for vectors, and names the role and its layers where one is asked for', () => {
    const model = layersModel(noiseNetwork(1), 'student')
    expect(model.features.some((name) => name.startsWith('stage'))).toBe(false)
    expect(() => model.forward(tf.zeros([1, 2]), { mode: 'eval', features: ['stage1'] })).toThrow(
      /student must have the layer asked for, got stage1\n.*its layers: dense/,
    )
  })

  it.each(['stage1', 'wide', 'stage2', 'pool', 'hidden', 'penultimate', 'head'])(
    'goes on from %s to what the whole network gives',
    (name) => {
      const model = layersModel(imageNetwork())
      for (const mode of ['eval', 'batch-statistics'] as const) {
        const behind = name === 'head' ? [] : ['penultimate', 'head']
        const whole = model.forward(images(), { mode, features: [name, ...behind] })
        const rest = model.forwardFrom!(name, whole.features[name]!, { mode, features: behind })
        expectAllClose(rest.logits, whole.logits)
        for (const other of behind) expectAllClose(rest.features[other]!, whole.features[other]!)
      }
    },
  )

  it('lets gradients flow from an inner feature on', () => {
    const model = layersModel(noiseNetwork(1))
    const gradient = tf.grad((value) => tf.sum(model.forwardFrom!('penultimate', value, evaluated).logits))(
      tf.ones([1, 5]),
    )
    const head = noiseNetwork(1).getWeights()[2]!
    expectAllClose(gradient, tf.reshape(tf.sum(head, 1), [1, 5]))
  })

  it('refuses to go on from a feature that a shortcut leads around', () => {
    const model = layersModel(shortcutNetwork())
    expect(() => model.forwardFrom!('inner', tf.zeros([1, 3]), evaluated)).toThrow(
      /forwardFrom: feature must be passed by every way from the input/,
    )
    const inputs = tf.ones([2, 3])
    for (const name of ['first', 'sum']) {
      const { logits, features } = model.forward(inputs, { mode: 'eval', features: [name] })
      expectAllClose(model.forwardFrom!(name, features[name]!, evaluated).logits, logits)
    }
  })

  it('normalises by the batch in batch-statistics, with averages at rest and dropout off', () => {
    const layersOf = imageNetwork()
    const model = layersModel(layersOf)
    const weights = (): number[] => layersOf.getWeights().flatMap((weight) => [...weight.dataSync()])
    const before = weights()
    const forward = (mode: Mode): tf.Tensor => model.forward(images(), { mode, features: ['norm'] }).logits
    const logits = forward('batch-statistics')
    expectAllClose(forward('batch-statistics'), logits)
    expect(weights()).toEqual(before)
    const { features } = model.forward(images(), { mode: 'batch-statistics', features: ['norm'] })
    // Every channel has mean 0 over the batch, and variance 1 but for the epsilon of 1e-3.
    const { mean, variance } = tf.moments(features['norm']!, [0, 1, 2])
    expectAllClose(mean, [0, 0, 0], { absolute: 1e-5 })
    expect(Math.min(...variance.dataSync())).toBeGreaterThan(0.9)
    expect([...forward('eval').dataSync()]).not.toEqual([...logits.dataSync()])
    // Training moves the averages and draws.
    expect([...forward('train').dataSync()]).not.toEqual([...logits.dataSync()])
    expect(weights()).not.toEqual(before)
    expect((layersOf.getLayer('dropped') as unknown as { rate: number }).rate).toBe(0.5)
  })

  it('leaves no tensor alive in any mode', async () => {
    const model = layersModel(imageNetwork())
    for (const mode of ['eval', 'train', 'batch-statistics'] as const) {
      await expectNoLeak(() =>
        tf.tidy(() => {
          const { features } = model.forward(images(), { mode, features: ['stage1'] })
          model.forwardFrom!('stage1', features['stage1']!, { mode, features: ['penultimate'] })
        }),
      )
    }
  })

  it('refuses a model with several outputs, and one that ends in a softmax', () => {
    const inputs = input({ shape: [2] })
    const head = layers.dense({ units: 2 })
    const outputs = [head.apply(inputs), layers.dense({ units: 1 }).apply(inputs)] as never
    expect(() => layersModel(makeModel({ inputs, outputs }), 'student')).toThrow(
      /student must have one input and one output \[N, C\], got 1 inputs and outputs \[N, 2\], \[N, 1\]/,
    )
    const softmax = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] }), layers.softmax()] })
    expect(() => layersModel(softmax, 'teacher 1')).toThrow(/teacher 1 must give logits/)
  })
})

/** A network of plain operations, as a graph model or one's own code would be. */
function plainModel(): Model {
  const matrix = (values: number[][]): tf.Variable<tf.Rank.R2> =>
    tf.tidy(() => tf.variable(tf.tensor2d(values)))
  const hidden = matrix([
    [0.5, -0.3],
    [0.2, 0.8],
  ])
  const head = matrix([
    [0.1, 0.2, -0.4],
    [0.3, -0.1, 0.6],
  ])
  return {
    name: 'plain model',
    variables: [hidden, head],
    weights: [hidden, head],
    features: ['map'],
    forward: (inputs, { features }) => {
      const map = tf.tanh(tf.matMul(inputs as tf.Tensor2D, hidden))
      return { logits: tf.matMul(map, head), features: features.includes('map') ? { map } : {} }
    },
  }
}

describe('a model given as a plain object', () => {
  const run = (student: Model) => ({
    student,
    method: labelLoss(),
    dataset: noiseDataset,
    epochs: 5,
    batchSize: 16,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.2,
  })

  it('learns, comes back as it was given, and is restored to its best epoch', async () => {
    const student = plainModel()
    const before = tf.memory().numTensors
    const result = await distill(run(student))
    expect(result.student).toBe(student)
    expect(result.history.at(-1)!.train.loss).toBeLessThan(result.history[0]!.train.loss)
    result.best!.restore()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('may be taught by such a model, with its features', async () => {
    const shapes: unknown[] = []
    const method = wrapMethod(labelLoss(), {
      name: 'reading',
      needs: { teachers: 1, studentFeatures: ['map'], teacherFeatures: ['map'] },
      loss: (step, inner) => {
        shapes.push([step.studentFeatures['map']!.shape, step.teacherFeatures[0]!['map']!.shape])
        return inner(step)
      },
    })
    await distill({ ...run(plainModel()), method, teachers: [plainModel()], epochs: 1, batchSize: 40 })
    expect(shapes).toEqual([
      [
        [40, 2],
        [40, 2],
      ],
    ])
  })

  it('is refused before it is trained where it lacks a feature or has other outputs', async () => {
    const student = plainModel()
    const before = student.variables.map((variable) => [...variable.dataSync()])
    const method = wrapMethod(labelLoss(), { name: 'reading', needs: { studentFeatures: ['penultimate'] } })
    await expect(distill({ ...run(student), method })).rejects.toThrow(
      /student must have the layer asked for, got penultimate\n.*its layers: map/,
    )
    const forward: Model['forward'] = (inputs) => ({ logits: tf.zeros([inputs.shape[0], 4]), features: {} })
    await expect(distill(run({ ...student, forward }))).rejects.toThrow(
      'distill: student must give one logit per class of noise, 3, got 4',
    )
    await expect(distill(run({ ...student, variables: [] }))).rejects.toThrow(
      'distill: student must have trainable weights, got none',
    )
    expect(student.variables.map((variable) => [...variable.dataSync()])).toEqual(before)
  })
})
