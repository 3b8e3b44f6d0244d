// @isolated: registers a backend of its own
import '@tensorflow/tfjs-backend-wasm'
import type { DistillationMethod } from '@kd/core'
import { expectAllClose, gradientOf, methodBatch, type BatchNumbers } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import {
  decoupledKd,
  distKd,
  labelRevision,
  labelSmoothing,
  logitStandardization,
  multiLevelLogit,
  normalizedKd,
  refinedLogits,
  responseCorrection,
  swap,
  teacherFree,
  transformedTeacherMatching,
  weightedSoftLabels,
} from './index.js'

// One teacher is wrong, one right; the last example has logits far apart.
const NUMBERS: BatchNumbers = {
  studentLogits: [
    [0.1, 0.4, -0.2, 3],
    [-1, 5, 1.5, 0],
    [1e4, -1e4, 0, 7],
  ],
  teacherLogits: [
    [
      [1, -0.5, 0.3, 0],
      [0.2, 2, -1, -4],
      [-1e4, 1e4, 3, 3],
    ],
  ],
  labels: [3, 1, 0],
  epoch: 20,
}

const methods = [
  decoupledKd(),
  distKd(),
  labelRevision(),
  { ...labelRevision({ loss: 'kl' }), name: 'label-revision by divergence' },
  { ...labelRevision({ loss: 'kl', scope: 'all' }), name: 'label-revision of all' },
  labelSmoothing(),
  logitStandardization(),
  multiLevelLogit(),
  normalizedKd(),
  refinedLogits(),
  responseCorrection(),
  swap(),
  teacherFree(),
  transformedTeacherMatching({ weighted: true }),
  weightedSoftLabels(),
]

interface Outcome {
  readonly loss: number
  readonly gradient: number[][]
}

function outcome(method: DistillationMethod): Outcome {
  const loss = (logits?: tf.Tensor2D): tf.Scalar => method.loss(methodBatch(NUMBERS, logits)).total
  return {
    loss: loss().arraySync(),
    gradient: gradientOf(loss, methodBatch(NUMBERS).studentLogits).arraySync(),
  }
}

// The fused kernels run as loops over memory on cpu and wasm, and as stock operations elsewhere, for which the cpu engine under
// another name stands in. What methods put around them must hold for all.
describe.each(['wasm', 'composed'])('on the engine %s', (engine) => {
  let reference: Map<string, Outcome>

  beforeAll(async () => {
    await tf.setBackend('cpu')
    reference = new Map(methods.map((method) => [method.name, outcome(method)]))
    if (engine === 'composed') {
      const cpu = tf.engine().backend
      tf.copyRegisteredKernels('cpu', 'composed')
      for (const { kernelName } of tf.getKernelsForBackend('composed')) {
        if (kernelName.startsWith('Kd')) tf.unregisterKernel(kernelName, 'composed')
      }
      tf.registerBackend('composed', () => Object.create(cpu) as typeof cpu)
    }
    await tf.setBackend(engine)
  })

  afterAll(async () => {
    await tf.setBackend('cpu')
  })

  it.each(methods.map((method) => [method.name, method] as const))(
    'gives the loss and gradient of the cpu engine: %s',
    (name, method) => {
      const { loss, gradient } = outcome(method)
      expectAllClose(loss, reference.get(name)!.loss)
      expectAllClose(gradient, reference.get(name)!.gradient, { absolute: 1e-5, relative: 1e-5 })
    },
  )
})
