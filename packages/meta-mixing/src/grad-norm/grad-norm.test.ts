import { distill, randomSource, sgd, type Dataset, type Method, type Step } from '@kd/core'
import { expectAllClose, expectNoLeak, methodBatch, startMethod, type StartedMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { gradNorm } from './grad-norm.js'
import golden from './grad-norm.golden.json' with { type: 'json' }

type GoldenCase = (typeof golden.cases)[number]

/** The method as after some training. */
function loaded(golden: GoldenCase): StartedMethod {
  const { options, state } = golden
  const started = startMethod(gradNorm({ restoringForce: options.restoringForce }), withFeatures(golden))
  const { scores, ...kept } = state
  started.running.variables!['scores']!.assign(tf.tensor1d(scores))
  const tensors = Object.entries(kept).map(([name, values]) => [name, tf.tensor1d(values)] as const)
  started.running.load!(Object.fromEntries(tensors))
  return started
}

function withFeatures({ batch, features }: GoldenCase, studentLogits?: tf.Tensor2D): Step {
  return methodBatch(batch, studentLogits, { studentFeatures: { penultimate: tf.tensor2d(features) } })
}

describe('gradNorm', () => {
  it.each(golden.cases)('gives the golden loss and gradients: $name', (golden) => {
    const { running, parts, loss } = loaded(golden)
    const step = withFeatures(golden)
    expectAllClose(loss(step), golden.loss)
    expectAllClose(tf.mean(parts(step)['balance']!), golden.balance)
    expectAllClose(tf.mean(tf.addN(Object.values(parts(step)))), golden.loss)
    const logits = tf.variable(tf.tensor2d(golden.batch.studentLogits))
    const scores = running.variables!['scores']!
    const { grads } = tf.variableGrads(() => loss(withFeatures(golden, logits)), [scores, logits])
    expectAllClose(grads[scores.name]!, golden.scoreGradient)
    // Through the last layer the student's gradient is that of the weighted terms, and of nothing else.
    const ofKernel = tf.matMul(tf.tensor2d(golden.features), grads[logits.name] as tf.Tensor2D, true)
    expectAllClose(ofKernel, golden.kernelGradient)
  })

  it('evens out gradients of very different size', () => {
    const step = withFeatures(golden.cases[0]!)
    const { running, parts, loss } = startMethod(gradNorm({ restoringForce: 0 }), step)
    const scores = running.variables!['scores']!
    const balance = (): number => tf.mean(parts(step)['balance']!).dataSync()[0]!
    const before = balance()
    for (let update = 0; update < 300; update++) {
      const { grads } = tf.variableGrads(() => loss(step), [scores])
      scores.assign(tf.sub(scores, tf.mul(0.01, Object.values(grads)[0]!)))
    }
    expect(balance()).toBeLessThan(0.05 * before)
  })

  it('takes the losses at the start over the whole training split, and keeps them', async () => {
    const [afterOne, afterTwo] = [await run(gradNorm(), 1), await run(gradNorm(), 2)]
    expectAllClose(afterTwo['initialLosses']!, afterOne['initialLosses']!)
    // From a student whose logits are all zero: CE = log 2.
    expectAllClose(tf.slice(afterTwo['initialLosses']!, 0, 1), [Math.log(2)])
  })

  it('refuses the state of another number of terms, and leaves no tensor alive', async () => {
    const { running } = startMethod(gradNorm(), withFeatures(golden.cases[1]!))
    expect(() => running.load!({ initialLosses: tf.ones([2]) })).toThrow(
      'gradNorm: state must have 3 initialLosses, got 2',
    )
    const { loss } = loaded(golden.cases[0]!)
    const step = withFeatures(golden.cases[0]!)
    await expectNoLeak(() => tf.tidy(() => loss(step)))
  })

  it('refuses options out of range', () => {
    expect(() => gradNorm({ temperature: 0 })).toThrow('temperature')
    expect(() => gradNorm({ restoringForce: -1 })).toThrow('restoringForce')
  })
})

/** Trains on two clouds, and gives what the method keeps at the end. */
async function run(method: Method, epochs: number): Promise<tf.NamedTensorMap> {
  let state: tf.NamedTensorMap = {}
  const watched: Method = {
    ...method,
    start(run) {
      const running = method.start(run)
      return { ...running, dispose: () => void (state = running.save!()) }
    },
  }
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
    method: watched,
    epochs,
    batchSize: 40,
    optimizer: sgd(),
    learningRate: 0.1,
  })
  return state
}
