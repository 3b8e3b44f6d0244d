// @isolated: registers a backend of its own
import '@tensorflow/tfjs-backend-wasm'
import { expectAllClose, gradientOf } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { crossEntropy } from './cross-entropy.js'
import { klDivergence } from './kl-divergence.js'
import { softCrossEntropy } from './soft-cross-entropy.js'
import { softmaxWithTemperature } from './softmax-with-temperature.js'

const STUDENT = [
  [0.1, 0.4, -0.2, 3],
  [-1, 50, 1.5, 0],
  [1e4, -1e4, 0, 7],
]
const TEACHER = [
  [1, -0.5, 0.3, 0],
  [0.2, 2, -1, -40],
  [-1e4, 1e4, 3, 3],
]

/** Every loss with each of its gradients, as plain numbers. */
function everything(): Record<string, number[][] | number[]> {
  const student = tf.tensor2d(STUDENT)
  const teacher = tf.tensor2d(TEACHER)
  const softLabels = tf.softmax(teacher)
  const labels = tf.tensor1d([0, 3, 1], 'int32')
  const weights = tf.tensor1d([1, -2, 0.5])
  const weighted = (losses: tf.Tensor1D): tf.Tensor => tf.sum(tf.mul(losses, weights))
  const gradient = (loss: (point: tf.Tensor2D) => tf.Tensor1D, point: tf.Tensor2D): number[][] =>
    gradientOf((at: tf.Tensor2D) => weighted(loss(at)), point).arraySync()
  return {
    crossEntropy: crossEntropy(student, labels).arraySync(),
    softCrossEntropy: softCrossEntropy(student, softLabels, 2).arraySync(),
    klDivergence: klDivergence(teacher, student, 3).arraySync(),
    softmax: softmaxWithTemperature(student, 5).arraySync(),
    crossEntropyGradient: gradient((at) => crossEntropy(at, labels), student),
    softCrossEntropyLogits: gradient((at) => softCrossEntropy(at, softLabels, 2), student),
    softCrossEntropyLabels: gradient((at) => softCrossEntropy(student, at, 2), softLabels),
    softmaxGradient: gradientOf(
      (at: tf.Tensor2D) => tf.sum(tf.mul(teacher, softmaxWithTemperature(at, 5))),
      student,
    ).arraySync(),
    klDivergenceStudent: gradient((at) => klDivergence(teacher, at, 3), student),
    klDivergenceTeacher: gradient((at) => klDivergence(at, student, 3), teacher),
  }
}

describe('fused kernels', () => {
  let reference: ReturnType<typeof everything>

  beforeAll(() => {
    reference = everything()
  })

  afterAll(async () => {
    await tf.setBackend('cpu')
  })

  it('give the same on wasm, over its heap', async () => {
    await tf.setBackend('wasm')
    compare(everything(), reference)
  })

  it('give the same from stock operations, as on engines whose memory JavaScript cannot see', async () => {
    // The cpu engine under another name: our kernels then take the composed form.
    await tf.setBackend('cpu')
    const cpu = tf.engine().backend
    tf.copyRegisteredKernels('cpu', 'composed')
    for (const name of tf.getKernelsForBackend('composed').map(({ kernelName }) => kernelName)) {
      if (name.startsWith('Kd')) tf.unregisterKernel(name, 'composed')
    }
    tf.registerBackend('composed', () => Object.create(cpu) as typeof cpu)
    await tf.setBackend('composed')
    compare(everything(), reference)
  })
})

function compare(actual: ReturnType<typeof everything>, expected: ReturnType<typeof everything>): void {
  for (const [name, values] of Object.entries(expected)) expectAllClose(actual[name]!, values)
}
