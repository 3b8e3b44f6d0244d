import { crossEntropy, randomSource, softmaxWithTemperature } from '@kd/core'
import type { EpochContext, ExampleLosses, Method, Phase, RunningMethod, Step } from '@kd/core'
import {
  expectAllClose,
  expectNoLeak,
  gradientOf,
  lossesOf,
  methodBatch,
  startMethod,
  type BatchNumbers,
} from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { labelRevision } from '../label-revision/label-revision.js'
import { reviseSoftLabels } from '../terms/revise-soft-labels.js'
import { reviseTeacherLogits } from '../terms/revise-teacher-logits.js'
import { softLabelWeights } from '../terms/soft-label-weights.js'
import { vanillaKd } from '../vanilla-kd/vanilla-kd.js'
import { weightedSoftLabels } from '../weighted-soft-labels/weighted-soft-labels.js'
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

/** A method of one phase. */
const methodOf = (loss: Phase['loss'], running: Partial<RunningMethod> = {}): Method => ({
  name: 'written-out',
  needs: { teachers: 1 },
  start: () => ({ phases: [{ learner: 'student', loss }], ...running }),
})

/** A method on soft labels written out, to compare with: sum of soft label times student logit. */
const readsSoftLabels = (temperature: number): Method =>
  methodOf(({ studentLogits, teacherLogits: [teacherLogits] }) => ({
    read: tf.sum(tf.mul(studentLogits, softmaxWithTemperature(teacherLogits!, temperature)), 1),
  }))

describe('withRevisedTeacher', () => {
  it('makes a method see exactly the revised soft labels', () => {
    const step = methodBatch(NUMBERS)
    const softLabels = reviseSoftLabels(softmaxWithTemperature(step.teacherLogits[0]!, 4), step.labels)
    expectAllClose(
      lossesOf(withRevisedTeacher(readsSoftLabels(4)), step).parts['read']!,
      tf.sum(tf.mul(step.studentLogits, softLabels), 1),
    )
  })

  it('gives the divergence form of Label Revision with vanilla KD', () => {
    const step = methodBatch(NUMBERS)
    const revision = { eta: 0.6, temperature: 2, scope: 'all' } as const
    const weights = { softLossWeight: 3, hardLossWeight: 0.5 }
    const composed = withRevisedTeacher(vanillaKd({ temperature: 2, ...weights }), revision)
    const built = labelRevision({ loss: 'kl', ...revision, ...weights })
    expectAllClose(lossesOf(built, step).total, lossesOf(composed, step).total, { absolute: 0, relative: 0 })
    const gradient = (method: Method): tf.Tensor2D =>
      gradientOf(
        (logits: tf.Tensor2D) => lossesOf(method, methodBatch(NUMBERS, logits)).total,
        step.studentLogits,
      )
    expectAllClose(gradient(built), gradient(composed), { absolute: 0, relative: 0 })
  })

  it('puts Weighted Soft Labels on revised labels, weights included', () => {
    const step = methodBatch(NUMBERS)
    const { parts } = lossesOf(
      withRevisedTeacher(weightedSoftLabels({ temperature: 2, softLossWeight: 1 }), { temperature: 2 }),
      step,
    )
    const revisedLogits = reviseTeacherLogits(step.teacherLogits[0]!, step.labels, { temperature: 2 })
    const softLabels = reviseSoftLabels(softmaxWithTemperature(step.teacherLogits[0]!, 2), step.labels)
    const softLosses = tf.neg(tf.sum(tf.mul(softLabels, tf.logSoftmax(tf.div(step.studentLogits, 2))), 1))
    const weights = softLabelWeights(step.studentLogits, revisedLogits, step.labels)
    expectAllClose(parts['teacher']!, tf.mul(tf.mul(4, weights), softLosses))
    // A corrected teacher is heard louder than the wrong one, and the right one as before.
    const before = softLabelWeights(step.studentLogits, step.teacherLogits[0]!, step.labels).dataSync()
    expect(weights.dataSync()[0]).toBeGreaterThan(before[0]!)
    expect(weights.dataSync()[1]).toBe(before[1])
  })

  it('passes on what the method needs, keeps and does between epochs', async () => {
    const seen: number[][][] = []
    /** A class, whose members a copy by spreading would lose. */
    class Keeper implements RunningMethod {
      #state = 3
      readonly phases = [{ learner: 'student' as const, loss: labelLosses }]
      readonly variables = { scale: tf.variable(tf.scalar(2)) }
      views(): Record<string, tf.Tensor> {
        return { other: tf.zeros([2, 1]) }
      }
      afterStep({ teacherLogits }: Step): void {
        seen.push(teacherLogits[0]!.arraySync())
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
      save(): tf.NamedTensorMap {
        return { state: tf.scalar(this.#state) }
      }
      load({ state }: tf.NamedTensorMap): void {
        this.#state = state!.dataSync()[0]!
      }
      dispose(): void {
        this.#state = NaN
      }
    }
    const keeper = new Keeper()
    const method = withRevisedTeacher(
      {
        name: 'keeper',
        needs: { teachers: 1, validation: true, views: { other: {} }, tasks: 'any' },
        start: () => keeper,
      },
      { temperature: 1 },
    )
    expect(method.name).toBe('revised-keeper')
    expect(method.needs).toEqual({
      teachers: 1,
      validation: true,
      views: { other: {} },
      // Only class labels say where a teacher is wrong.
      tasks: ['classification'],
      exampleOutputs: true,
    })
    const step = methodBatch(NUMBERS)
    const { running } = startMethod(method, step)
    running.load!({ state: tf.scalar(5) })
    expectAllClose(running.save!()['state']!, 5)
    expect(running.variables).toBe(keeper.variables)
    expect(Object.keys(await running.views!({} as never))).toEqual(['other'])
    const context = {
      epoch: 0,
      epochs: 1,
      learningRate: 0.1,
      learningRateOf: () => 0.1,
      idLimit: 2,
      train: { ids: Int32Array.of(0, 1), labels: Int32Array.of(0, 1) },
      random: randomSource(1),
      student: {
        variables: [],
        logits: () => step.studentLogits,
        forward: () => ({ logits: step.studentLogits, features: {} }),
      },
      async forEachBatch(split, visit, pass) {
        expect([split, pass]).toEqual(['validation', { batchSize: 7 }])
        await visit(step)
      },
      note() {
        throw new Error('nothing to note')
      },
    } satisfies EpochContext
    await expectNoLeak(() => running.beforeEpoch!(context))
    tf.tidy(() => {
      running.afterStep!(step)
    })
    expect(step.teacherLogits[0]!.isDisposed).toBe(false)
    const revised = reviseTeacherLogits(step.teacherLogits[0]!, step.labels, { temperature: 1 })
    expectAllClose(seen[0]!, revised)
    expectAllClose(seen[1]!, revised)
    running.dispose!()
    expectAllClose(running.save!()['state']!, NaN)
    tf.dispose(Object.values(keeper.variables))
  })

  it('revises for every learner but a teacher, and the batch as it is but no further view', () => {
    const step = methodBatch(NUMBERS)
    const raw = step.teacherLogits[0]!
    const seen = new Map<Phase['learner'], Step>()
    const phase = (learner: Phase['learner']): Phase => ({
      learner,
      loss(other) {
        seen.set(learner, other)
        return labelLosses(other)
      },
    })
    const method = withRevisedTeacher(
      methodOf(labelLosses, { phases: [phase(0), phase('method'), phase('student')] }),
    )
    const { running } = startMethod(method, step)
    const withView = { ...step, views: { mixed: { ...step } } }
    for (const { loss } of running.phases) loss(withView)
    const revised = reviseTeacherLogits(raw, step.labels)
    expect(seen.get(0)!.teacherLogits[0]).toBe(raw)
    expectAllClose(seen.get('method')!.teacherLogits[0]!, revised)
    expectAllClose(seen.get('student')!.teacherLogits[0]!, revised)
    expect(seen.get('student')!.views['mixed']!.teacherLogits[0]).toBe(raw)
  })

  it('adds nothing that the method lacks but the probability that it moves', () => {
    const { running } = startMethod(withRevisedTeacher(readsSoftLabels(1)), methodBatch(NUMBERS))
    expect(Object.keys(running)).toEqual(['phases', 'examples'])
  })

  it('says of each example how much probability it moves, beside what the method says of the revised teacher', async () => {
    const step = methodBatch({
      studentLogits: [[0.5, 1.5, 0.2, -0.3]],
      teacherLogits: [[[2, 1, 0, -1]], [[0, 3, 0, 0]]],
      labels: [1],
    })
    // At temperature 1 the first teacher's label goes from 0.236883 to 0.566112; the second is right. The mean of both.
    const { running } = startMethod(withRevisedTeacher(readsSoftLabels(1), { temperature: 1 }), step)
    expect(await running.examples!(step.ids)).toEqual({})
    const { movedProbability } = await running.examples!(step.ids, step)
    expectAllClose([...movedProbability!], [0.329229 / 2])

    // The revised teacher's loss on the label is -log 0.566112 = 0.568963: the weight is 1 - exp(-0.590954 / 0.568963).
    const first = { ...step, teacherLogits: step.teacherLogits.slice(0, 1) }
    const weighted = startMethod(withRevisedTeacher(weightedSoftLabels(), { temperature: 1 }), first).running
    const values = await weighted.examples!(first.ids, first)
    expectAllClose([...values['softLabelWeight']!], [1 - Math.exp(-0.590954 / 0.568963)])
    expectAllClose([...values['movedProbability']!], [0.329229])
    await expectNoLeak(() => weighted.examples!(first.ids, first))
  })

  it('stays out of tasks without classes', () => {
    const forNumbers = { ...readsSoftLabels(1), needs: { teachers: 1, tasks: ['regression'] } }
    expect(withRevisedTeacher(forNumbers).needs.tasks).toEqual([])
  })

  it('refuses options out of range when it is built', () => {
    expect(() => withRevisedTeacher(vanillaKd(), { eta: 2 })).toThrow(
      'withRevisedTeacher: eta must be < 1, got 2',
    )
    expect(() => withRevisedTeacher(vanillaKd(), { temperature: 0 })).toThrow(
      'withRevisedTeacher: temperature must be > 0, got 0',
    )
  })
})

function labelLosses({ studentLogits, labels }: Step): ExampleLosses {
  return { label: crossEntropy(studentLogits, labels) }
}
