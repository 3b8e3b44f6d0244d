import { adam, crossEntropy, sgd, type RunningOptimizer } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { afterEach, describe, expect, it } from 'vitest'
import { expectSame, type Snapshot } from './testing/expect-same.js'
import { gradientsOf, variablesOf } from './testing/gradients-of.js'
import { loadNative, needsAddon, onBackend } from './testing/load-native.js'
import { batch, models } from './testing/models.js'

const native = await loadNative()

describe('training on native', needsAddon(native !== undefined), () => {
  afterEach(() => {
    native!.useFusions(true)
  })

  for (const [name, make] of Object.entries(models)) {
    it(`gives the cpu engine's gradients and moving averages: ${name}`, () => {
      const wanted = onBackend('cpu', () => gradientsOf(make(), batch(4)))
      const fused = gradientsOf(make(), batch(4))
      native!.useFusions(false)
      const stock = gradientsOf(make(), batch(4))
      expect(Object.keys(fused)).toEqual(Object.keys(wanted))
      for (const key of Object.keys(wanted)) {
        expectSame(fused[key]!, wanted[key]!, 1e-4)
        expectSame(stock[key]!, wanted[key]!, 1e-4)
      }
    }, 120_000)

    it(`runs no kernel of a training step in plain JavaScript: ${name}`, () => {
      const model = make()
      native!.resetFallbacks()
      gradientsOf(model, batch(4))
      expect(native!.fallbackReport()).toEqual([])
    })
  }

  const optimizers = {
    sgd: () => sgd(),
    'sgd with momentum and decay': () => sgd({ momentum: 0.9, weightDecay: 0.01 }),
    'sgd with nesterov and decoupled decay': () =>
      sgd({ momentum: 0.8, nesterov: true, weightDecay: 0.01, decoupled: true }),
    'adam with decay': () => adam({ weightDecay: 0.01 }),
    adamw: () => adam({ weightDecay: 0.01, decoupled: true }),
  }
  for (const [name, make] of Object.entries(optimizers)) {
    it(`takes the cpu engine's optimizer steps: ${name}`, () => {
      const wanted = onBackend('cpu', () => optimize(make().start()))
      const actual = optimize(make().start())
      expect(actual.length).toBe(wanted.length)
      actual.forEach((result, index) => expectSame(result, wanted[index]!, 1e-5))
    })
  }

  it.each([
    ['resnet8', 1],
    ['resnet8', 2],
    ['cnn with dropout', 1],
    ['cnn with dropout', 2],
  ])('repeats a training bit for bit: %s with %i threads', (name, threads) => {
    const before = native!.getThreads()
    native!.setThreads(threads)
    try {
      const make = models[name.split(' ')[0]!]!
      expect(train(make(), 10)).toEqual(train(make(), 10))
    } finally {
      native!.setThreads(before)
    }
  })

  it('keeps memory flat over a thousand steps', () => {
    const model = models['cnn']!()
    const optimizer = sgd({ momentum: 0.9 }).start()
    const step = (): void => stepOf(model, optimizer)
    for (let count = 0; count < 20; count++) step()
    const before = tf.memory()
    const resident = process.memoryUsage().rss
    for (let count = 0; count < 1000; count++) step()
    expect(tf.memory().numTensors).toBe(before.numTensors)
    expect(tf.memory().numBytes).toBe(before.numBytes)
    expect((process.memoryUsage().rss - resident) / 2 ** 20).toBeLessThan(64)
  }, 120_000)

  it('leaves the process usable after calls that throw', () => {
    const model = models['mlp']!()
    const before = tf.memory()
    const wrong: Record<string, () => unknown> = {
      'a model on another shape': () => model.apply(tf.zeros([1, 5])),
      'a tensor beyond all memory': () => tf.zeros([2 ** 40]),
      'a filled one': () => tf.fill([2 ** 44], 1),
      'a tiled one': () => tf.tile(tf.ones([2 ** 16, 2 ** 6]), [2 ** 12, 2 ** 12]),
      'a product': () => tf.matMul(tf.ones([2 ** 21, 1]), tf.ones([1, 2 ** 21])),
      'a broadcast sum': () => tf.add(tf.ones([2 ** 21, 1]), tf.ones([1, 2 ** 21])),
      'a padded one': () =>
        tf.pad(tf.ones([2, 2]), [
          [0, 2 ** 21],
          [0, 2 ** 21],
        ]),
      'shapes that do not broadcast': () => tf.add(tf.ones([2, 3]), tf.ones([4])),
      'a product of unequal sides': () => tf.matMul(tf.ones([2, 3]), tf.ones([4, 5])),
      'channels that differ': () =>
        tf.conv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 3]), tf.ones<tf.Rank.R4>([2, 2, 4, 1]), 1, 'same'),
      'a gradient of another shape': () =>
        tf.engine().runKernel(
          'KdBatchNormTrainingGrad',
          {
            x: tf.ones([8, 4]),
            dy: tf.ones([2, 4]),
            mean: tf.ones([4]),
            variance: tf.ones([4]),
            gamma: tf.ones([4]),
          },
          { epsilon: 1e-3 },
        ),
      'an index out of range': () => tf.gather(tf.ones([3]), tf.tensor1d([3], 'int32')),
      'a slice beyond the end': () => tf.slice(tf.ones([3]), 2, 2),
    }
    for (const [name, call] of Object.entries(wrong)) {
      expect(() => tf.tidy(() => void call()), name).toThrow()
      expect(tf.memory().numTensors, name).toBe(before.numTensors)
      expect(tf.memory().numDataBuffers, name).toBe(before.numDataBuffers)
    }
    expect(Object.keys(gradientsOf(model, batch(2))).length).toBeGreaterThan(0)
  })
})

/** Two variables and all slots after four steps with known gradients. */
function optimize(optimizer: RunningOptimizer): Snapshot[] {
  const wave = (phase: number): tf.Tensor => tf.sin(tf.add(tf.range(0, 50), phase))
  const variables = [tf.variable(wave(0)), tf.variable(wave(1))]
  for (let count = 1; count <= 4; count++) {
    const gradients = variables.map((_, index) => wave(count + 10 * index))
    optimizer.step(variables, gradients, 0.1 / count)
    tf.dispose(gradients)
  }
  const found = [...variables, ...Object.values(optimizer.state())].map((tensor) => ({
    shape: tensor.shape,
    dtype: tensor.dtype,
    values: tensor.dataSync().slice(),
  }))
  optimizer.dispose()
  tf.dispose(variables)
  return found
}

function stepOf(model: LayersModel, optimizer: RunningOptimizer): void {
  const variables = variablesOf(model)
  const grads = tf.tidy(() => {
    const { inputs, labels } = batch(4)
    const run = (): tf.Scalar =>
      tf.mean(crossEntropy(model.apply(inputs, { training: true }) as tf.Tensor2D, labels))
    const found = tf.variableGrads(run, variables).grads
    return variables.map((variable) => found[variable.name]!)
  })
  optimizer.step(variables, grads, 0.05)
  tf.dispose(grads)
}

function train(model: LayersModel, steps: number): number[][] {
  const optimizer = sgd({ momentum: 0.9, weightDecay: 1e-4 }).start()
  for (let count = 0; count < steps; count++) stepOf(model, optimizer)
  return model.getWeights().map((weight) => [...weight.dataSync()])
}
