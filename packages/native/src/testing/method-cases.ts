import { meanLoss, softmaxWithTemperature, type Method } from '@kd/core'
import * as losses from '@kd/losses'
import { methodBatch, startMethod, type BatchNumbers } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import type { KernelCase } from './arbitrary-tensors.js'

const methods: Readonly<Record<string, () => Method>> = {
  'label revision': () => losses.labelRevision(),
  'label revision without group means': () => losses.labelRevision({ groupMeans: false, eta: 0.5 }),
  'label revision of all': () => losses.labelRevision({ scope: 'all' }),
  'label revision by divergence': () => losses.labelRevision({ loss: 'kl' }),
  'label revision of all by divergence': () => losses.labelRevision({ loss: 'kl', scope: 'all' }),
  'weighted soft labels': () => losses.weightedSoftLabels(),
  'weighted soft labels, smoothed': () => losses.weightedSoftLabels({ labelSmoothing: 0.1 }),
  swap: () => losses.swap({ hardLossWeight: 1 }),
  'response correction': () => losses.responseCorrection(),
  'teacher-free': () => losses.teacherFree(),
  'label smoothing': () => losses.labelSmoothing(),
  'decoupled KD': () => losses.decoupledKd(),
  'normalized KD': () => losses.normalizedKd(),
  'refined logits': () => losses.refinedLogits(),
  'transformed teacher matching': () => losses.transformedTeacherMatching({ weighted: true }),
}

// Halves, so that rows have ties, and no two numbers differ by rounding only.
const score = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: -12, max: 12 }).map((half) => half / 2) },
  { weight: 1, arbitrary: fc.constantFrom(1e4, -1e4) },
)
const numbers: fc.Arbitrary<BatchNumbers> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 40 }))
  .chain(([rows, classes]) => {
    const table = fc.array(fc.array(score, { minLength: classes, maxLength: classes, size: 'max' }), {
      minLength: rows,
      maxLength: rows,
    })
    const labels = fc.array(fc.nat(classes - 1), { minLength: rows, maxLength: rows })
    return fc.record({
      studentLogits: table,
      teacherLogits: table.map((teacher) => [teacher]),
      labels,
      epoch: fc.nat(30),
    })
  })

/** The parts of every method's loss, and its gradient. */
export const methodCases: Readonly<Record<string, fc.Arbitrary<KernelCase>>> = {
  ...Object.fromEntries(
    Object.entries(methods).map(([name, make]) => [
      `method: ${name}`,
      numbers.map((batch) => (): tf.Tensor[] => partsAndGradient(make(), batch)),
    ]),
  ),
  'method: softmax and its gradient': numbers.map((batch) => (): tf.Tensor[] => {
    const { studentLogits, teacherLogits } = methodBatch(batch)
    const softmax = (logits: tf.Tensor): tf.Tensor => softmaxWithTemperature(logits as tf.Tensor2D, 3)
    // What the gradient loses to rounding is in proportion to the greatest of these.
    const weights = tf.clipByValue(teacherLogits[0]!, -6, 6)
    const gradient = tf.grad((logits) => tf.sum(tf.mul(softmax(logits), weights)))
    return [softmax(studentLogits), gradient(studentLogits)]
  }),
}

function partsAndGradient(method: Method, numbers: BatchNumbers): tf.Tensor[] {
  const batch = methodBatch(numbers)
  const { parts } = startMethod(method, batch)
  const gradient = tf.grad((logits) => meanLoss(parts(methodBatch(numbers, logits as tf.Tensor2D))))
  return [...Object.values(parts(batch)), gradient(batch.studentLogits)]
}
