import {
  distill,
  randomSource,
  sgd,
  type Dataset,
  type DistillationBatch,
  type DistillationMethod,
} from '@kd/core'
import { expectAllClose, expectNoLeak, methodBatch } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { gradNorm } from './grad-norm.js'
import golden from './grad-norm.golden.json' with { type: 'json' }

type GoldenCase = (typeof golden.cases)[number]

function loaded({ options, state }: GoldenCase): DistillationMethod {
  const method = gradNorm(options)
  const tensors = Object.entries(state).map(([name, values]) => [name, tf.tensor1d(values)] as const)
  method.loadState!(Object.fromEntries(tensors))
  return method
}

function withFeatures({ batch, features }: GoldenCase, studentLogits?: tf.Tensor2D): DistillationBatch {
  return { ...methodBatch(batch, studentLogits), studentFeatures: { penultimate: tf.tensor2d(features) } }
}

describe('gradNorm', () => {
  it.each(golden.cases)('gives the golden loss and gradients: $name', (golden) => {
    const method = loaded(golden)
    const { total, parts } = method.loss(withFeatures(golden))
    expectAllClose(total, golden.loss)
    expectAllClose(tf.mean(parts['balance']!), golden.balance)
    expectAllClose(tf.mean(tf.addN(Object.values(parts))), golden.loss)
    const logits = tf.variable(tf.tensor2d(golden.batch.studentLogits))
    const { grads } = tf.variableGrads(
      () => method.loss(withFeatures(golden, logits)).total,
      [...method.variables!, logits],
    )
    expectAllClose(grads[method.variables![0]!.name]!, golden.scoreGradient)
    // Through the last layer the student's gradient is that of the weighted terms, and of nothing else.
    const ofKernel = tf.matMul(tf.tensor2d(golden.features), grads[logits.name] as tf.Tensor2D, true)
    expectAllClose(ofKernel, golden.kernelGradient)
  })

  it('evens out gradients of very different size', () => {
    const golden0 = golden.cases[0]!
    const method = gradNorm({ restoringForce: 0 })
    const [scores] = method.variables as [tf.Variable]
    const balance = (): number => tf.mean(method.loss(withFeatures(golden0)).parts['balance']!).dataSync()[0]!
    const before = balance()
    for (let step = 0; step < 300; step++) {
      const { grads } = tf.variableGrads(() => method.loss(withFeatures(golden0)).total, [scores])
      scores.assign(tf.sub(scores, tf.mul(0.01, Object.values(grads)[0]!)))
    }
    expect(balance()).toBeLessThan(0.05 * before)
  })

  it('takes the losses at the start over the whole training split, keeps them, and goes on from them', async () => {
    const method = gradNorm()
    await run(method, 2)
    const state = method.saveState!()
    const first = gradNorm()
    await run(first, 1)
    expectAllClose(first.saveState!()['initialLosses']!, state['initialLosses']!)
    // One step for each of the two epochs, from a student whose logits are all zero: CE = log 2.
    expectAllClose(tf.slice(state['initialLosses']!, 0, 1), [Math.log(2)])
    const second = gradNorm()
    second.loadState!(state)
    expectAllClose(second.saveState!()['scores']!, state['scores']!)
    expectAllClose(second.saveState!()['initialLosses']!, state['initialLosses']!)
    expect(() => gradNorm({ teachers: 2 }).loadState!(state)).toThrow(
      'gradNorm: state must have 3 scores, got 2',
    )
    await expectNoLeak(() => tf.tidy(() => method.loss(withFeatures(golden.cases[0]!)).total))
  })

  it('refuses options out of range', () => {
    expect(() => gradNorm({ teachers: 0 })).toThrow('gradNorm: teachers must be a whole number >= 1, got 0')
    expect(() => gradNorm({ temperature: 0 })).toThrow('temperature')
    expect(() => gradNorm({ restoringForce: -1 })).toThrow('restoringForce')
  })
})

async function run(method: DistillationMethod, epochs: number): Promise<void> {
  const random = randomSource(1)
  const labels = Int32Array.from({ length: 40 }, (_, row) => row % 2)
  const dataset: Dataset = {
    name: 'line',
    inputShape: [1],
    classNames: ['left', 'right'],
    normalization: { mean: [0], standardDeviation: [1] },
    train: {
      labels,
      inputs: Float32Array.from(labels, (label) => 4 * label - 2 + 0.5 * random.normal()),
      ids: Int32Array.from(labels.keys()),
    },
  }
  const student = sequential({
    layers: [layers.dense({ units: 2, inputShape: [1], kernelInitializer: 'zeros' })],
  })
  await distill({
    dataset,
    student,
    teachers: [(inputs) => tf.concat([tf.neg(inputs), inputs] as tf.Tensor2D[], 1)],
    method,
    epochs,
    batchSize: 40,
    optimizer: sgd(),
    learningRate: 0.1,
  })
}
