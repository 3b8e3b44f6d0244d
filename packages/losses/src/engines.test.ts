// @isolated: registers a backend of its own
import '@tensorflow/tfjs-backend-wasm'
import type { Method, MethodFactory } from '@kd/core'
import { expectAllClose, gradientOf, lossesOf, methodBatch, type BatchNumbers } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import * as losses from './index.js'

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

/** All methods of the package: what carries a method's description. A wrapper has no needs of its own. */
const factories = (Object.values(losses) as readonly object[]).filter(
  (exported): exported is MethodFactory =>
    typeof exported === 'function' && 'options' in exported && 'needs' in exported,
)

/** One method for each form that the options have, the others at their defaults. */
function forms(factory: MethodFactory): [string, Method][] {
  const schema = factory.options
  if (!(schema instanceof z.core.$ZodDiscriminatedUnion)) return [[factory.name, factory()]]
  const { discriminator, options } = schema._zod.def
  return options.map((form) => {
    const [value] = form._zod.propValues[discriminator]!
    return [`${factory.name} with ${discriminator} ${String(value)}`, factory({ [discriminator]: value })]
  })
}

const methods: [string, Method][] = [
  ...factories.flatMap(forms),
  ['label-revision of all', losses.labelRevision({ loss: 'kl', scope: 'all' })],
]

it('knows all methods', () => {
  expect(factories.map(({ name }) => name)).toContain('vanilla-kd')
  expect(factories.length).toBeGreaterThanOrEqual(14)
  expect(methods.map(([name]) => name)).toContain('transformed-teacher-matching with weighted true')
})

interface Outcome {
  readonly loss: number
  readonly gradient: number[][]
}

function outcome(method: Method): Outcome {
  const loss = (logits?: tf.Tensor2D): tf.Scalar => lossesOf(method, methodBatch(NUMBERS, logits)).total
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
    reference = new Map(methods.map(([name, method]) => [name, outcome(method)]))
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

  it.each(methods)('gives the loss and gradient of the cpu engine: %s', (name, method) => {
    const { loss, gradient } = outcome(method)
    expectAllClose(loss, reference.get(name)!.loss)
    expectAllClose(gradient, reference.get(name)!.gradient, { absolute: 1e-5, relative: 1e-5 })
  })
})
