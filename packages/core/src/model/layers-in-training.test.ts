import { expectAllClose, noiseDataset } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, regularizers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { afterAll, describe, expect, it } from 'vitest'
import { labelLoss } from '../method/label-loss.js'
import { sgd } from '../optimizer/sgd.js'
import { randomSource } from '../random/random-source.js'
import { distill } from '../training/distill.js'
import { layersModel } from './layers-model.js'

const seeded = { kernelInitializer: { className: 'GlorotUniform', config: { seed: 1 } } as never }
const recurrent = {
  ...seeded,
  recurrentInitializer: { className: 'GlorotUniform', config: { seed: 2 } } as never,
}
const dense = (units: number, others: object = {}): ReturnType<typeof layers.dense> =>
  layers.dense({ units, ...seeded, ...others })

afterAll(() => {
  tf.disposeVariables()
})

const train = (student: LayersModel, epochs = 2, batchSize = 16): ReturnType<typeof distill> =>
  distill({
    student,
    teachers: [],
    method: labelLoss(),
    dataset: noiseDataset,
    epochs,
    batchSize,
    optimizer: sgd(),
    learningRate: 0.1,
  })

const weightsOf = (model: LayersModel): number[][] => model.getWeights().map((w) => [...w.dataSync()])

describe('layers that draw random numbers', () => {
  const steps = (): ReturnType<typeof layers.reshape> =>
    layers.reshape({ targetShape: [2, 1], inputShape: [2] })
  const models: Record<string, () => LayersModel> = {
    'a model within a model': () =>
      sequential({
        layers: [
          sequential({ layers: [dense(8, { inputShape: [2] }), layers.dropout({ rate: 0.5, seed: 7 })] }),
          dense(3),
        ],
      }),
    noise: () => sequential({ layers: [layers.gaussianNoise({ stddev: 1, inputShape: [2] }), dense(3)] }),
    'noise by which is multiplied': () =>
      sequential({
        layers: [dense(8, { inputShape: [2] }), layers.gaussianDropout({ rate: 0.5 }), dense(3)],
      }),
    'alpha dropout': () =>
      sequential({ layers: [dense(8, { inputShape: [2] }), layers.alphaDropout({ rate: 0.5 }), dense(3)] }),
    LSTM: () =>
      sequential({
        layers: [
          steps(),
          layers.lstm({ units: 4, dropout: 0.3, recurrentDropout: 0.3, ...recurrent }),
          dense(3),
        ],
      }),
    'GRU in both directions': () =>
      sequential({
        layers: [
          steps(),
          layers.bidirectional({
            layer: layers.gru({ units: 4, dropout: 0.5, ...recurrent }),
            mergeMode: 'concat',
          }),
          dense(3),
        ],
      }),
    TimeDistributed: () =>
      sequential({
        layers: [
          steps(),
          layers.timeDistributed({ layer: dense(6) }),
          layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }) }),
          layers.flatten(),
          dense(3),
        ],
      }),
  }

  it.each(Object.entries(models))(
    'draw the same in equal runs, and others in each step: %s',
    async (_, make) => {
      const [one, other] = [make(), make()]
      await train(one)
      await train(other)
      expect(weightsOf(other)).toEqual(weightsOf(one))

      const model = layersModel(one)
      const inputs = tf.ones([4, 2])
      const outputsOf = (step: number): number[] => {
        model.seed!(randomSource(1).split(step))
        return tf.tidy(() => [...model.forward(inputs, { mode: 'train', features: [] }).logits.dataSync()])
      }
      expect(outputsOf(1)).toEqual(outputsOf(1))
      expect(outputsOf(2)).not.toEqual(outputsOf(1))
    },
  )

  it('leave the random numbers of the program alone', async () => {
    const stock = Math.random
    await train(models['noise']!())
    expect(Math.random).toBe(stock)
  })
})

describe('regularizers of a student', () => {
  it('are part of the loss, also those of models within it, with their gradient', async () => {
    const make = (rate: number): LayersModel =>
      sequential({
        layers: [
          sequential({
            layers: [dense(4, { inputShape: [2], kernelRegularizer: regularizers.l2({ l2: rate }) })],
          }),
          dense(3, { kernelRegularizer: regularizers.l1({ l1: rate / 2 }) }),
        ],
      })
    const [student, plain] = [make(0.1), make(0)]
    const [inner, outer] = student.weights.filter(({ shape }) => shape.length === 2).map((w) => w.read())
    const wanted =
      0.1 * tf.sum(tf.square(inner!)).dataSync()[0]! + 0.05 * tf.sum(tf.abs(outer!)).dataSync()[0]!
    const model = layersModel(student)
    expectAllClose(model.regularization!(), wanted)
    const { grads } = tf.variableGrads(() => model.regularization!(), model.variables as tf.Variable[])
    const kernel = model.variables[0]!
    expectAllClose(grads[kernel.name]!, tf.mul(0.2, kernel))

    const { history } = await train(student, 8)
    const { parts, loss } = history[0]!.train
    expect(Object.keys(parts)).toEqual(['label', 'regularization'])
    expect(loss).toBeCloseTo(parts['label']! + parts['regularization']!, 5)
    await train(plain, 8)
    const sizeOf = ({ weights }: LayersModel): number => tf.sum(tf.abs(weights[0]!.read())).dataSync()[0]!
    expect(sizeOf(student)).toBeLessThan(0.7 * sizeOf(plain))
  })

  it('of recurrent cells count too, and a model without any has none', () => {
    const cell = { units: 4, recurrentRegularizer: regularizers.l2(), ...recurrent }
    const model = sequential({ layers: [layers.lstm({ ...cell, inputShape: [2, 1] }), dense(3)] })
    expect(layersModel(model).regularization!().dataSync()[0]).toBeGreaterThan(0)
    expect(
      layersModel(sequential({ layers: [dense(3, { inputShape: [2] })] })).regularization,
    ).toBeUndefined()
  })
})

describe('a softmax at the end', () => {
  const softmax = (): ReturnType<typeof layers.dense> =>
    dense(3, { activation: 'softmax', name: 'probabilities' })
  it.each<[string, () => LayersModel]>([
    ['within a model', () => sequential({ layers: [sequential({ layers: [softmaxOf([2])] })] })],
    [
      'before a reshape',
      () => sequential({ layers: [softmaxOf([2]), layers.reshape({ targetShape: [3] })] }),
    ],
    ['before dropout', () => sequential({ layers: [softmaxOf([2]), layers.dropout({ rate: 0.1 })] })],
    [
      'before all of them',
      () =>
        sequential({
          layers: [
            sequential({ layers: [softmaxOf([2]), layers.reshape({ targetShape: [3, 1] })] }),
            layers.flatten(),
            layers.activation({ activation: 'linear' }),
          ],
        }),
    ],
  ])('is found %s', (_, make) => {
    expect(() => layersModel(make(), 'student')).toThrow(
      /student must give logits, got a model that ends in a softmax\n.*remove the softmax of layer probabilities/,
    )
  })

  it('is no softmax where something is computed behind it', () => {
    expect(layersModel(sequential({ layers: [softmaxOf([2]), dense(3)] })).outputShape).toEqual([3])
  })

  function softmaxOf(inputShape: number[]): ReturnType<typeof layers.dense> {
    const layer = softmax()
    layer.batchInputShape = [null, ...inputShape]
    return layer
  }
})

describe('batch normalisation that is frozen', () => {
  it('uses its averages in training, which stay as they are, and goes on when it is freed', async () => {
    const student = sequential({
      layers: [dense(4, { inputShape: [2] }), layers.batchNormalization({ name: 'norm' }), dense(3)],
    })
    const norm = student.getLayer('norm')
    norm.setWeights(
      [
        [2, 2, 2, 2],
        [0, 1, 2, 3],
        [0.5, 0.5, 0.5, 0.5],
        [4, 4, 4, 4],
      ].map((w) => tf.tensor1d(w)),
    )
    norm.trainable = false
    const before = norm.getWeights().map((w) => [...w.dataSync()])
    const model = layersModel(student)
    const inputs = tf.tensor2d([
      [1, 2],
      [3, -1],
      [0, 5],
    ])
    const logits = (mode: 'train' | 'eval'): tf.Tensor => model.forward(inputs, { mode, features: [] }).logits
    expectAllClose(logits('train'), logits('eval'))
    await train(student)
    expect(norm.getWeights().map((w) => [...w.dataSync()])).toEqual(before)
    norm.trainable = true
    await train(student)
    expect(norm.getWeights().map((w) => [...w.dataSync()])).not.toEqual(before)
  })

  it('is refused before training where a batch holds one example, for which it knows no variance', async () => {
    const student = sequential({
      layers: [dense(4, { inputShape: [2] }), layers.batchNormalization({ name: 'norm' }), dense(3)],
    })
    const before = weightsOf(student)
    await expect(train(student, 1, 13)).rejects.toThrow(
      /batchSize must leave no batch of one example to the batch normalisation norm, got 13 for 40 examples\n.*14/,
    )
    await expect(train(student, 1, 1)).rejects.toThrow('got 1 for 40 examples')
    expect(weightsOf(student)).toEqual(before)
    student.getLayer('norm').trainable = false
    expect((await train(student, 1, 13)).history).toHaveLength(1)
  })
})
