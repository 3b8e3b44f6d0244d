import * as tf from '@tensorflow/tfjs-core'
import { randomSource, type Method, type RandomSource, type Step } from '@kd/core'
import { describe, expect, it } from 'vitest'
import { expectAllClose } from './expect-all-close.js'
import { expectNoLeak } from './expect-no-leak.js'
import { methodBatch } from './method-batch.js'
import { startMethod, type StartedMethod } from './started-method.js'

/** Nested lists of numbers. */
export type NestedNumbers = readonly (number | NestedNumbers)[]

/** One step's features with the term's losses and their gradients, computed outside this code. */
export interface FeatureGoldenCase<Options> {
  readonly name: string
  readonly options: Options
  readonly inputs: {
    /** [N, ...] */
    readonly student: NestedNumbers
    readonly teacher: NestedNumbers
    /** The method's own variables by name. */
    readonly variables: Readonly<Record<string, NestedNumbers>>
  }
  /** [N] the feature term's losses. */
  readonly examples: readonly number[]
  /** The gradients of their mean. */
  readonly gradients: {
    readonly student: NestedNumbers
    readonly variables: Readonly<Record<string, NestedNumbers>>
  }
}

/** What the suite cannot know by itself. */
export interface FeatureConformanceOptions<Options> {
  readonly golden: { readonly source: string; readonly cases: readonly FeatureGoldenCase<Options>[] }
  /** Names under which the method reads the two features. */
  readonly studentFeature: string
  readonly teacherFeature: string
}

/**
 * The tests that every method on one feature passes: golden losses and gradients in the student's feature and in the method's
 * variables, parts by example, variables made from the run's seed, two runs that share nothing, no gradient to the teacher, and no tensor
 * left alive.
 *
 * @param factory - the method's factory
 * @param options - see {@link FeatureConformanceOptions}
 */
export function describeFeatureConformance<Options>(
  factory: (options?: Options) => Method,
  { golden, studentFeature, teacherFeature }: FeatureConformanceOptions<Options>,
): void {
  const stepOf = (student: tf.Tensor, teacher: tf.Tensor): Step => {
    const rows = Array.from({ length: student.shape[0] }, (_, row) => [row, -row, 1])
    return methodBatch(
      { studentLogits: rows, teacherLogits: [rows], labels: rows.map((_, row) => row % 3) },
      undefined,
      {
        studentFeatures: { [studentFeature]: student },
        teacherFeatures: [{ [teacherFeature]: teacher }],
      },
    )
  }
  const free = ({ running }: StartedMethod): void => {
    tf.dispose(Object.values(running.variables ?? {}))
    running.dispose?.()
  }
  /** Everything but the label's term. */
  const featureLosses = (started: StartedMethod, step: Step): tf.Tensor1D =>
    tf.addN(
      Object.entries(started.parts(step)).flatMap(([name, losses]) => (name === 'label' ? [] : [losses])),
    )
  const randomFeatures = (random: RandomSource): [tf.Tensor, tf.Tensor] => {
    const { student, teacher } = golden.cases[0]!.inputs
    const like = (nested: NestedNumbers): tf.Tensor => {
      const { shape } = tf.tensor(nested)
      const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal())
      return tf.tensor(values, shape)
    }
    return [like(student), like(teacher)]
  }

  describe(`${factory().name} as a method on features`, () => {
    it.each(golden.cases)(
      'gives the golden losses and gradients: $name',
      ({ options, inputs, examples, gradients }) => {
        const [student, teacher] = [inputs.student, inputs.teacher].map((values) =>
          tf.tensor(values as number[]),
        ) as [tf.Tensor, tf.Tensor]
        const started = startMethod(factory(options), stepOf(student, teacher))
        const variables = started.running.variables ?? {}
        for (const [name, values] of Object.entries(inputs.variables)) {
          variables[name]!.assign(tf.tensor(values))
        }
        expect(Object.keys(variables).sort()).toEqual(Object.keys(inputs.variables).sort())
        expectAllClose(featureLosses(started, stepOf(student, teacher)), examples)
        const loss = (feature: tf.Tensor): tf.Scalar =>
          tf.mean(featureLosses(started, stepOf(feature, teacher)))
        expectAllClose(tf.grad(loss)(student), gradients.student)
        const names = Object.keys(variables)
        if (names.length === 0) return
        const { grads } = tf.variableGrads(
          () => loss(student),
          names.map((name) => variables[name]!),
        )
        for (const name of names) {
          expectAllClose(grads[variables[name]!.name]!, gradients.variables[name]!)
        }
        free(started)
      },
    )

    it('gives parts [N], and says which features it reads', () => {
      const step = stepOf(...randomFeatures(randomSource(1)))
      const method = factory()
      expect(method.needs.studentFeatures).toContain(studentFeature)
      const started = startMethod(method, step)
      for (const part of Object.values(started.parts(step))) expect(part.shape).toEqual([step.ids.length])
      free(started)
    })

    it('makes its variables from the seed of the run, anew for each', () => {
      const step = stepOf(...randomFeatures(randomSource(2)))
      const method = factory()
      const valuesOf = (started: StartedMethod): number[][] =>
        Object.values(started.running.variables ?? {}).map((variable) => [...variable.dataSync()])
      const [first, second] = [startMethod(method, step), startMethod(method, step)]
      const other = startMethod(method, step, { random: randomSource(9) })
      expect(valuesOf(second)).toEqual(valuesOf(first))
      if (valuesOf(first).length > 0) expect(valuesOf(other)).not.toEqual(valuesOf(first))
      for (const variable of Object.values(first.running.variables ?? {})) {
        expect(Object.values(second.running.variables ?? {})).not.toContain(variable)
      }
      ;[first, second, other].forEach(free)
    })

    it('leaves no tensor alive', async () => {
      const step = stepOf(...randomFeatures(randomSource(3)))
      const method = factory()
      await expectNoLeak(() => {
        const started = startMethod(method, step)
        const losses = tf.tidy(() => featureLosses(started, step))
        free(started)
        return losses
      })
    })
  })
}
