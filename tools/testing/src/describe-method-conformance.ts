import * as tf from '@tensorflow/tfjs-core'
import { randomSource } from '@kd/core'
import type { Method, RandomSource, Step } from '@kd/core'
import { describe, expect, it } from 'vitest'
import { expectAllClose, type Tolerance } from './expect-all-close.js'
import { expectGradient } from './expect-gradient.js'
import { expectNoLeak } from './expect-no-leak.js'
import { gradientOf } from './gradient-of.js'
import { methodBatch, type BatchExtras, type BatchNumbers } from './method-batch.js'
import { startMethod } from './started-method.js'

/** A golden file: values computed outside this code by the script that it names. */
export interface GoldenFile<Options> {
  /** Script, reference and its version. */
  readonly source: string
  readonly cases: readonly GoldenCase<Options>[]
}

/** One step with its loss and the gradient of the loss in the student's logits. */
export interface GoldenCase<Options> {
  readonly name: string
  readonly options: Options
  readonly batch: BatchNumbers
  readonly loss: number
  /** [N][C] */
  readonly gradient: readonly (readonly number[])[]
}

/** What the suite cannot know by itself. */
export interface ConformanceOptions<Options> {
  readonly golden: GoldenFile<Options>
  /** Default 1: how many teachers the method takes. */
  readonly teachers?: number
  /** Default true: whether adding a number to all logits of a row leaves the loss as it is. */
  readonly shiftInvariant?: boolean
  /** Default 0: an epoch at which every term is switched on. */
  readonly epoch?: number
  /** The options of the numeric gradient check. */
  readonly tolerance?: Tolerance
  /**
   * For a method that holds something of the student constant, such as a weight: its loss as a function of the logits with
   * that held at the batch's value. The numeric differences are taken of it.
   */
  readonly holdConstant?: (batch: Step) => (studentLogits: tf.Tensor2D) => tf.Scalar
  /** For a method that reads features: makes those of a batch with so many examples. They don't depend on the logits. */
  readonly features?: (examples: number) => Pick<BatchExtras, 'studentFeatures' | 'teacherFeatures'>
}

/**
 * The tests that every method passes: golden values and gradients, numeric gradients, the form of the parts, order of
 * the batch, one example, two classes, extreme logits, wrong shapes, and no tensor left alive.
 *
 * @param factory - the method's factory
 * @param options - see {@link ConformanceOptions}
 */
export function describeMethodConformance<Options>(
  factory: (options?: Options) => Method,
  options: ConformanceOptions<Options>,
): void {
  const {
    golden,
    teachers = 1,
    shiftInvariant = true,
    epoch = 0,
    tolerance,
    holdConstant,
    features,
  } = options
  const method = factory()
  const random = randomSource(1)
  const numbers = (examples: number, classes: number, spread = 2): BatchNumbers => ({
    ...randomBatch(random, { examples, classes, teachers, spread }),
    epoch,
  })
  const stepOf = (batch: BatchNumbers, logits?: tf.Tensor2D): Step =>
    methodBatch(batch, logits, features?.(batch.labels.length))
  const lossWith = (of: Method, batch: BatchNumbers, logits?: tf.Tensor2D): tf.Scalar => {
    const step = stepOf(batch, logits)
    const { running, loss } = startMethod(of, step)
    const value = loss(step)
    tf.dispose(Object.values(running.variables ?? {}))
    running.dispose?.()
    return value
  }
  const lossOf = (batch: BatchNumbers, logits?: tf.Tensor2D): tf.Scalar => lossWith(method, batch, logits)
  const gradientAt = (batch: BatchNumbers): tf.Tensor2D =>
    gradientOf((logits: tf.Tensor2D) => lossOf(batch, logits), methodBatch(batch).studentLogits)

  describe(`${method.name} as a method`, () => {
    it.each(golden.cases)(
      'gives the golden loss and gradient: $name',
      ({ options, batch, loss, gradient }) => {
        const golden = factory(options)
        const scalarLoss = (logits: tf.Tensor2D): tf.Scalar => lossWith(golden, batch, logits)
        const { studentLogits } = methodBatch(batch)
        expectAllClose(scalarLoss(studentLogits), loss)
        expectAllClose(gradientOf(scalarLoss, studentLogits), gradient)
      },
    )

    it('has the gradient of its own differences', () => {
      const batch = numbers(3, 4)
      const { studentLogits } = methodBatch(batch)
      const differentiable =
        holdConstant?.(methodBatch(batch)) ?? ((logits: tf.Tensor2D) => lossOf(batch, logits))
      expectGradient(differentiable, studentLogits, tolerance)
      expectAllClose(gradientAt(batch), gradientOf(differentiable, studentLogits))
    })

    it('gives parts [N]', () => {
      const step = stepOf(numbers(5, 3))
      const parts = Object.values(startMethod(method, step).parts(step))
      expect(parts.length).toBeGreaterThan(0)
      for (const part of parts) expect(part.shape).toEqual([5])
    })

    it('keeps two runs apart, one after the other and at once', () => {
      const step = stepOf(numbers(4, 3))
      const [first, second] = [startMethod(method, step), startMethod(method, step)]
      const once = first.loss(step).dataSync()
      expect(second.loss(step).dataSync()).toEqual(once)
      expect(startMethod(method, step).loss(step).dataSync()).toEqual(once)
      const shared = Object.values(first.running.variables ?? {}).filter((variable) =>
        Object.values(second.running.variables ?? {}).includes(variable),
      )
      expect(shared).toEqual([])
    })

    it('does not depend on the order of the batch', () => {
      const batch = numbers(4, 5)
      const reversed = {
        ...batch,
        studentLogits: batch.studentLogits.toReversed(),
        teacherLogits: batch.teacherLogits.map((logits) => logits.toReversed()),
        labels: batch.labels.toReversed(),
      }
      expectAllClose(lossOf(reversed), lossOf(batch))
    })

    if (shiftInvariant)
      it('does not change when a row of logits is shifted', () => {
        const batch = numbers(3, 4)
        const shifted = {
          ...batch,
          studentLogits: batch.studentLogits.map((row, index) => row.map((z) => z + index)),
        }
        expectAllClose(lossOf(shifted), lossOf(batch), { absolute: 1e-5 })
      })

    it.each([
      ['one example', 1, 4, 2],
      ['two classes', 3, 2, 2],
      ['logits of 1e4', 4, 3, 1e4],
      ['equal logits', 2, 3, 0],
    ])('is finite, and so is its gradient, for %s', (_, examples, classes, spread) => {
      const batch = numbers(examples, classes, spread)
      for (const tensor of [lossOf(batch), gradientAt(batch)]) {
        expect(Array.from(tensor.dataSync()).filter((value) => !Number.isFinite(value))).toEqual([])
      }
    })

    if (teachers > 0)
      it('names itself when student and teacher have other classes', () => {
        const batch = { ...numbers(2, 4), teacherLogits: numbers(2, 3).teacherLogits }
        expect(() => lossOf(batch)).toThrow(/shape.*\[2, [34]\].*\[2, [34]\]/)
      })

    it('leaves no tensor alive', async () => {
      const batch = numbers(3, 4)
      await expectNoLeak(() => tf.tidy(() => gradientAt(batch)))
    })
  })
}

function randomBatch(
  random: RandomSource,
  size: { examples: number; classes: number; teachers: number; spread: number },
): BatchNumbers {
  const table = (): number[][] =>
    Array.from({ length: size.examples }, () =>
      Array.from({ length: size.classes }, () => Math.fround(size.spread * random.normal())),
    )
  return {
    studentLogits: table(),
    teacherLogits: Array.from({ length: size.teachers }, table),
    labels: Array.from({ length: size.examples }, () => random.integer(size.classes)),
  }
}
