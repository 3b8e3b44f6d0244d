import { randomSource, softmaxWithTemperature } from '@kd/core'
import type { DistillationBatch, DistillationMethod, EpochContext } from '@kd/core'
import { expectAllClose, expectNoLeak, gradientOf, methodBatch, type BatchNumbers } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { vanillaKd } from '../vanilla-kd/vanilla-kd.js'
import { softLabelWeights } from '../weighted-soft-labels/soft-label-weights.js'
import { weightedSoftLabels } from '../weighted-soft-labels/weighted-soft-labels.js'
import { labelRevision } from './label-revision.js'
import { reviseSoftLabels } from './revise-soft-labels.js'
import { reviseTeacherLogits } from './revise-teacher-logits.js'
import { withRevisedTeacher } from './with-revised-teacher.js'

// The teacher is wrong on the first example and right on the second.
const NUMBERS: BatchNumbers = {
  studentLogits: [
    [0.5, 1.5, 0.2, -0.3],
    [1, -1, 0.4, 2],
  ],
  teacherLogits: [
    [
      [2, 1, 0, -1],
      [0, 0.5, 3, 1],
    ],
  ],
  labels: [1, 2],
}

/** A method on soft labels written out, to compare with: sum of soft label times student logit. */
const readsSoftLabels = (temperature: number): DistillationMethod => ({
  name: 'reader',
  loss: ({ studentLogits, teacherLogits: [teacherLogits] }) => {
    const read = tf.sum<tf.Tensor1D>(
      tf.mul(studentLogits, softmaxWithTemperature(teacherLogits!, temperature)),
      1,
    )
    return { total: tf.mean(read), parts: { read } }
  },
})

describe('withRevisedTeacher', () => {
  it('makes a method see exactly the revised soft labels', () => {
    const batch = methodBatch(NUMBERS)
    const softLabels = reviseSoftLabels(softmaxWithTemperature(batch.teacherLogits[0]!, 4), batch.labels)
    expectAllClose(
      withRevisedTeacher(readsSoftLabels(4)).loss(batch).parts['read']!,
      tf.sum(tf.mul(batch.studentLogits, softLabels), 1),
    )
  })

  it('gives the divergence form of Label Revision with vanilla KD', () => {
    const batch = methodBatch(NUMBERS)
    const options = {
      eta: 0.6,
      temperature: 2,
      softLossWeight: 3,
      hardLossWeight: 0.5,
      scope: 'all',
    } as const
    const composed = withRevisedTeacher(vanillaKd(options), options)
    const built = labelRevision({ loss: 'kl', ...options })
    expectAllClose(built.loss(batch).total, composed.loss(batch).total)
    const gradient = (method: DistillationMethod): tf.Tensor2D =>
      gradientOf(
        (logits: tf.Tensor2D) => method.loss(methodBatch(NUMBERS, logits)).total,
        batch.studentLogits,
      )
    expectAllClose(gradient(built), gradient(composed))
  })

  it('puts Weighted Soft Labels on revised labels, weights included', () => {
    const batch = methodBatch(NUMBERS)
    const { parts } = withRevisedTeacher(weightedSoftLabels({ temperature: 2, softLossWeight: 1 }), {
      temperature: 2,
    }).loss(batch)
    const revisedLogits = reviseTeacherLogits(batch.teacherLogits[0]!, batch.labels, { temperature: 2 })
    const softLabels = reviseSoftLabels(softmaxWithTemperature(batch.teacherLogits[0]!, 2), batch.labels)
    const softLosses = tf.neg(tf.sum(tf.mul(softLabels, tf.logSoftmax(tf.div(batch.studentLogits, 2))), 1))
    const weights = softLabelWeights(batch.studentLogits, revisedLogits, batch.labels)
    expectAllClose(parts['teacher']!, tf.mul(tf.mul(4, weights), softLosses))
    // A corrected teacher is heard louder than the wrong one, and the right one as before.
    const before = softLabelWeights(batch.studentLogits, batch.teacherLogits[0]!, batch.labels).dataSync()
    expect(weights.dataSync()[0]).toBeGreaterThan(before[0]!)
    expect(weights.dataSync()[1]).toBe(before[1])
  })

  it('passes on what the method needs, keeps and does between epochs', async () => {
    const seen: number[][][] = []
    /** A class, whose members a copy by spreading would lose. */
    class Keeper implements DistillationMethod {
      readonly name = 'keeper'
      readonly requires = { teachers: 1, validation: true }
      #state = 3
      loss(batch: DistillationBatch): ReturnType<DistillationMethod['loss']> {
        return vanillaKd().loss(batch)
      }
      async beforeEpoch({ forEachBatch }: EpochContext): Promise<void> {
        await forEachBatch(
          'validation',
          ({ teacherLogits }) => {
            seen.push(teacherLogits[0]!.arraySync())
          },
          { batchSize: 7 },
        )
      }
      saveState(): tf.NamedTensorMap {
        return { state: tf.scalar(this.#state) }
      }
      loadState({ state }: tf.NamedTensorMap): void {
        this.#state = state!.dataSync()[0]!
      }
    }
    const method = withRevisedTeacher(new Keeper(), { temperature: 1 })
    expect(method.name).toBe('revised-keeper')
    expect(method.requires).toEqual({ teachers: 1, validation: true })
    method.loadState!({ state: tf.scalar(5) })
    expectAllClose(method.saveState!()['state']!, 5)
    const batch = methodBatch(NUMBERS)
    const context = {
      epoch: 0,
      epochs: 1,
      learningRate: 0.1,
      learningRateOf: () => 0.1,
      idLimit: 2,
      train: { ids: Int32Array.of(0, 1), labels: Int32Array.of(0, 1) },
      random: randomSource(1),
      student: { variables: [], logits: () => batch.studentLogits },
      async forEachBatch(split, visit, pass) {
        expect([split, pass]).toEqual(['validation', { batchSize: 7 }])
        await visit({ ...batch, inputs: batch.studentLogits })
      },
    } satisfies EpochContext
    await expectNoLeak(() => method.beforeEpoch!(context))
    expect(batch.teacherLogits[0]!.isDisposed).toBe(false)
    expectAllClose(seen[0]!, reviseTeacherLogits(batch.teacherLogits[0]!, batch.labels, { temperature: 1 }))
  })

  it('adds nothing that the method lacks', () => {
    expect(Object.keys(withRevisedTeacher(readsSoftLabels(1)))).toEqual(['name', 'loss'])
  })

  it('refuses options out of range when it is built', () => {
    expect(() => withRevisedTeacher(vanillaKd(), { eta: 2 })).toThrow(
      'withRevisedTeacher: eta must be in (0, 1), got 2',
    )
    expect(() => withRevisedTeacher(vanillaKd(), { temperature: 0 })).toThrow(
      'withRevisedTeacher: temperature must be a finite number > 0, got 0',
    )
  })
})
