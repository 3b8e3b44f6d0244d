import { crossEntropy, defineMethod, distill, labelLoss, sgd } from '@kd/core'
import type { Dataset, DistillationOptions, DistillationResult, Method } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { loadNative, needsAddon } from './testing/load-native.js'
import { batch, models } from './testing/models.js'

const native = await loadNative()

const EXAMPLES = 64
const { inputs, labels } = batch(EXAMPLES)
const examples = {
  inputs: inputs.dataSync<'float32'>(),
  labels: labels.dataSync<'int32'>(),
  ids: Int32Array.from({ length: EXAMPLES }, (_, row) => row),
}
const dataset: Dataset = {
  name: 'waves',
  inputShape: [12, 12, 3],
  classNames: Array.from('abcdefghij'),
  normalization: { mean: [0], standardDeviation: [1] },
  train: examples,
  test: examples,
}

/** What is left behind when training is over or has failed. */
function kept(): { tensors: number; bytes: number } {
  const { numTensors, numBytes } = tf.memory()
  return { tensors: numTensors, bytes: numBytes }
}

/** Trains for one epoch of 4 steps. */
function epoch(
  student: LayersModel,
  method: Method = labelLoss(),
  options: Pick<DistillationOptions, 'signal' | 'callbacks'> = {},
): Promise<DistillationResult> {
  const optimizer = sgd()
  return distill({
    student,
    method,
    dataset,
    epochs: 1,
    batchSize: 16,
    optimizer,
    learningRate: 0.05,
    ...options,
  })
}

/** A labels-only loss whose gradient calls a kernel with labels out of range, which the C++ side refuses. */
const failsInBackwardPass = defineMethod({
  name: 'fails-in-backward-pass',
  summary: 'has a gradient that fails',
  options: {},
  loss: ({ studentLogits, labels }) => {
    const failing = tf.customGrad((logits) => ({
      value: tf.clone(logits as tf.Tensor),
      gradFunc: () => refused(),
    }))
    return { label: crossEntropy(failing(studentLogits) as tf.Tensor2D, labels) }
  },
})()
const failsInForwardPass = defineMethod({
  name: 'fails-in-forward-pass',
  summary: 'has a loss that fails',
  options: {},
  loss: () => ({ label: refused() }),
})()

function refused(): tf.Tensor1D {
  const logits = tf.zeros([16, 3])
  const wrong = tf.fill([16], 3, 'int32')
  return tf.engine().runKernel<tf.Tensor1D>('KdCrossEntropy', { logits, labels: wrong })
}

/** Runs `times` epochs that fail with this method. */
async function fail(model: LayersModel, method: Method, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const error: unknown = await epoch(model, method).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(String(error)).toMatch(/labels must be in \[0, 2\]/)
  }
}

describe('a training that is interrupted', needsAddon(native !== undefined), () => {
  it.each([failsInForwardPass, failsInBackwardPass])(
    '$name: memory as before, and goes on',
    async (method) => {
      const model = models['resnet8']!()
      await epoch(model) // what is made once is made now
      const before = kept()
      await fail(model, method, 3)
      expect(kept()).toEqual(before)
      const { history } = await epoch(model)
      expect(history[0]!.steps).toBe(4)
      expect(kept()).toEqual(before)
    },
  )

  it('gives the same weights after a failed step as without it', async () => {
    const [untouched, interrupted] = [models['mlp']!(), models['mlp']!()]
    await fail(interrupted, failsInBackwardPass, 1)
    await epoch(untouched)
    await epoch(interrupted)
    const values = (model: LayersModel): number[][] =>
      model.getWeights().map((weight) => Array.from(weight.dataSync()))
    expect(values(interrupted)).toEqual(values(untouched))
  })

  it('ends after the step in which its signal comes: memory as before, and goes on', async () => {
    const model = models['resnet8']!()
    await epoch(model)
    const before = kept()
    const controller = new AbortController()
    const onStep = ({ step }: { step: number }): void => {
      if (step === 2) controller.abort()
    }
    const { ended, history } = await epoch(model, labelLoss(), {
      signal: controller.signal,
      callbacks: { onStep },
    })
    expect(ended).toBe('aborted')
    expect(history).toEqual([])
    expect(kept()).toEqual(before)
    expect((await epoch(model)).ended).toBe('epochs')
    expect(kept()).toEqual(before)
  })
})
