import * as losses from '@kd/losses'
import type { DistillationMethod } from '@kd/core'
import { methodBatch, type BatchNumbers } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectSame, type Snapshot } from '../testing/expect-same.js'
import { loadNative, onBackend } from '../testing/load-native.js'

const native = await loadNative()
// What is missing here, @kd/core adds as a plain loop when it is first used.
const own = tf.getKernelsForBackend('native').map(({ kernelName }) => kernelName)
const runs = Number(process.env['KD_NATIVE_CASES'] ?? 20)

const methods: Readonly<Record<string, () => DistillationMethod>> = {
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

describe.skipIf(native === undefined)('methods on native', () => {
  for (const [name, make] of Object.entries(methods)) {
    it(`have the cpu engine's loss and gradient: ${name}`, () => {
      const method = make()
      fc.assert(
        fc.property(numbers, (batch) => {
          const wanted = onBackend('cpu', () => outcome(method, batch))
          native!.resetFallbacks()
          const actual = outcome(method, batch)
          expect(native!.fallbackReport()).toEqual([])
          actual.forEach((result, index) => expectSame(result, wanted[index]!, 2e-5, 2e-6))
        }),
        { numRuns: runs, seed: Number(process.env['KD_NATIVE_SEED'] ?? 7) },
      )
    }, 600_000)
  }

  it('bring a native form of every kernel that methods have', () => {
    const names = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)
    const fused = names.filter((name) => name.startsWith('Kd'))
    expect(fused.length).toBeGreaterThan(15)
    expect(fused.filter((name) => !own.includes(name))).toEqual([])
  })

  it.each(['reviseSoftLabels', 'reviseTeacherLogits', 'swapLogits'] as const)(
    'refuse labels out of range as the other engines do: %s',
    (name) => {
      const scores = tf.tensor2d([[0.1, 0.9]])
      const labels = tf.tensor1d([2], 'int32')
      const message = `${name}: labels must be in [0, 1], got 2 in row 0`
      expect(() => losses[name](scores, labels)).toThrow(message)
      expect(() => onBackend('cpu', () => losses[name](scores, labels))).toThrow(message)
    },
  )
})

function outcome(method: DistillationMethod, numbers: BatchNumbers): Snapshot[] {
  return tf.tidy(() => {
    const batch = methodBatch(numbers)
    const parts = Object.values(method.loss(batch).parts)
    const gradient = tf.grad((logits) => method.loss(methodBatch(numbers, logits as tf.Tensor2D)).total)
    return [...parts, gradient(batch.studentLogits)].map((tensor) => ({
      shape: tensor.shape,
      dtype: tensor.dtype,
      values: tensor.dataSync().slice(),
    }))
  })
}
