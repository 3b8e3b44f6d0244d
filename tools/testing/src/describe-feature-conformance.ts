import * as tf from '@tensorflow/tfjs-core'
import { randomSource, type FeatureMap, type Method, type RandomSource, type Step } from '@kd/core'
import { describe, expect, it } from 'vitest'
import { expectAllClose } from './expect-all-close.js'
import { expectNoLeak } from './expect-no-leak.js'
import { methodBatch } from './method-batch.js'
import { startMethod, type StartedMethod } from './started-method.js'

/** Nested lists of numbers. */
export type NestedNumbers = readonly (number | NestedNumbers)[]

/** One feature, or several by name. */
export type NestedFeatures = NestedNumbers | Readonly<Record<string, NestedNumbers>>

/** One step's features with the feature terms' loss and its gradients, computed outside this code. */
export interface FeatureGoldenCase {
  readonly name: string
  /** The names that the script which made the file gives to them. */
  readonly options: object
  readonly inputs: {
    /** [N, ...] */
    readonly student: NestedFeatures
    readonly teacher: NestedFeatures
    /** The method's own variables by name. */
    readonly variables?: Readonly<Record<string, NestedNumbers>>
  }
  /** The mean of the feature terms' losses. It may be left out where `examples` stands. */
  readonly loss?: number
  /** [N] the sum of the feature terms' losses. */
  readonly examples?: readonly number[]
  /** [N] the feature terms' losses by part. */
  readonly parts?: Readonly<Record<string, readonly number[]>>
  /** The gradients of the mean. */
  readonly gradients: {
    readonly student: NestedFeatures
    readonly variables?: Readonly<Record<string, NestedNumbers>>
  }
}

/** What the suite cannot know by itself. */
export interface FeatureConformanceOptions {
  readonly golden: { readonly source: string; readonly cases: readonly FeatureGoldenCase[] }
  /** Makes the method of a case, whose features have the names given. */
  readonly method: (options: never, studentFeatures: string[], teacherFeatures: string[]) => Method
}

/** Under which name a case's only feature is read. */
const ONLY = 'penultimate'

/**
 * The tests that every method on features passes: golden losses and gradients in the student's features and in the method's
 * variables, parts by example, variables made from the run's seed, two runs that share nothing, finite numbers for features of zeros, and no
 * tensor left alive.
 *
 * @param options - see {@link FeatureConformanceOptions}
 */
export function describeFeatureConformance({ golden, method: methodOf }: FeatureConformanceOptions): void {
  const makeMethod = ({ options, inputs }: FeatureGoldenCase): Method =>
    methodOf(options as never, Object.keys(named(inputs.student)), Object.keys(named(inputs.teacher)))
  const first = golden.cases[0]!

  describe(`${makeMethod(first).name} as a method on features`, () => {
    it.each(golden.cases.map((one) => [one.name, one] as const))(
      'gives the golden losses and gradients: %s',
      (_, one) => {
        const [student, teacher] = [tensors(one.inputs.student), tensors(one.inputs.teacher)]
        const started = startMethod(makeMethod(one), stepOf(student, teacher))
        const variables = started.running.variables ?? {}
        expect(Object.keys(variables).sort()).toEqual(Object.keys(one.inputs.variables ?? {}).sort())
        for (const [name, values] of Object.entries(one.inputs.variables ?? {})) {
          variables[name]!.assign(tf.tensor(values))
        }
        expectLosses(started, stepOf(student, teacher), one)
        expectGradients(started, student, teacher, one)
        free(started)
      },
    )

    it('gives parts [N], and says which features it reads', () => {
      const [student, teacher] = randomFeatures(first, randomSource(1))
      const method = makeMethod(first)
      expect(method.needs.studentFeatures).toEqual(Object.keys(student))
      expect(method.needs.teacherFeatures?.flat()).toEqual(Object.keys(teacher))
      const step = stepOf(student, teacher)
      const started = startMethod(method, step)
      for (const part of Object.values(started.parts(step))) expect(part.shape).toEqual([step.ids.length])
      free(started)
    })

    it('makes its variables from the seed of the run, anew for each', () => {
      const step = stepOf(...randomFeatures(first, randomSource(2)))
      const method = makeMethod(first)
      const variablesOf = ({ running }: StartedMethod): tf.Variable[] =>
        Object.values(running.variables ?? {})
      const valuesOf = (started: StartedMethod): number[][] =>
        variablesOf(started).map((variable) => [...variable.dataSync()])
      const [one, same] = [startMethod(method, step), startMethod(method, step)]
      const other = startMethod(method, step, { random: randomSource(9) })
      expect(valuesOf(same)).toEqual(valuesOf(one))
      if (valuesOf(one).length > 0) expect(valuesOf(other)).not.toEqual(valuesOf(one))
      for (const variable of variablesOf(one)) expect(variablesOf(same)).not.toContain(variable)
      ;[one, same, other].forEach(free)
    })

    it('gives finite losses and gradients for features of zeros', () => {
      const zeros = (features: FeatureMap): FeatureMap => mapped(features, (values) => tf.zerosLike(values))
      const [student, teacher] = randomFeatures(first, randomSource(3))
      for (const [left, right] of [
        [zeros(student), teacher],
        [student, zeros(teacher)],
        [zeros(student), zeros(teacher)],
      ] as const) {
        const started = startMethod(makeMethod(first), stepOf(left, right))
        const gradients = featureGradients(started, left, right)
        const loss = tf.mean(featureLosses(started, stepOf(left, right)))
        for (const values of [loss, ...gradients]) {
          expect([...values.dataSync()].every(Number.isFinite)).toBe(true)
        }
        free(started)
      }
    })

    it('leaves no tensor alive', async () => {
      const step = stepOf(...randomFeatures(first, randomSource(4)))
      const method = makeMethod(first)
      await expectNoLeak(() => {
        const started = startMethod(method, step)
        const losses = tf.tidy(() => featureLosses(started, step))
        free(started)
        return losses
      })
    })
  })
}

function named(features: NestedFeatures): Readonly<Record<string, NestedNumbers>> {
  return Array.isArray(features) ? { [ONLY]: features } : (features as Record<string, NestedNumbers>)
}

function tensors(features: NestedFeatures): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(named(features)).map(([name, values]) => [name, tf.tensor(values as number[])]),
  )
}

function mapped(features: FeatureMap, of: (values: tf.Tensor) => tf.Tensor): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(features).map(([name, values]) => [name, of(values)]))
}

function randomFeatures({ inputs }: FeatureGoldenCase, random: RandomSource): [FeatureMap, FeatureMap] {
  const like = ({ shape }: tf.Tensor): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
      shape,
    )
  return [mapped(tensors(inputs.student), like), mapped(tensors(inputs.teacher), like)]
}

function stepOf(student: FeatureMap, teacher: FeatureMap): Step {
  const examples = Object.values(student)[0]!.shape[0]
  const rows = Array.from({ length: examples }, (_, row) => [row, -row, 1])
  const numbers = { studentLogits: rows, teacherLogits: [rows], labels: rows.map((_, row) => row % 3) }
  return methodBatch(numbers, undefined, { studentFeatures: student, teacherFeatures: [teacher] })
}

/** Everything but the label's term. */
function featureLosses(started: StartedMethod, step: Step): tf.Tensor1D {
  return tf.addN(
    Object.entries(started.parts(step)).flatMap(([name, losses]) => (name === 'label' ? [] : [losses])),
  )
}

function featureGradients(started: StartedMethod, student: FeatureMap, teacher: FeatureMap): tf.Tensor[] {
  const names = Object.keys(student)
  return tf.grads((...values: tf.Tensor[]) => {
    const features = Object.fromEntries(names.map((name, index) => [name, values[index]!]))
    // TensorFlow.js throws where a feature plays no part; its gradient is zero.
    const nothing = tf.addN(values.map((value) => tf.sum(tf.mul(0, value))))
    return tf.add(nothing, tf.mean(featureLosses(started, stepOf(features, teacher))))
  })(Object.values(student))
}

function expectLosses(
  started: StartedMethod,
  step: Step,
  { loss, examples, parts }: FeatureGoldenCase,
): void {
  const losses = featureLosses(started, step)
  if (loss !== undefined) expectAllClose(tf.mean(losses), loss, { relative: 2e-5 })
  if (examples !== undefined) expectAllClose(losses, examples)
  for (const [name, values] of Object.entries(parts ?? {})) {
    expectAllClose(started.parts(step)[name]!, values, { relative: 5e-5 })
  }
}

function expectGradients(
  started: StartedMethod,
  student: FeatureMap,
  teacher: FeatureMap,
  { gradients }: FeatureGoldenCase,
): void {
  // Entries are compared with the largest of all: some, such as those of a bias before a normalisation, are rounding errors.
  const expected = Object.values(named(gradients.student))
  const found = featureGradients(started, student, teacher)
  const variables = Object.entries(started.running.variables ?? {})
  if (variables.length > 0) {
    const list = variables.map(([, variable]) => variable)
    const { grads } = tf.variableGrads(() => tf.mean(featureLosses(started, stepOf(student, teacher))), list)
    for (const [name, variable] of variables) {
      found.push(grads[variable.name]!)
      expected.push(gradients.variables![name]!)
    }
  }
  const largest = Math.max(...(expected.flat(Infinity as 1) as number[]).map(Math.abs))
  for (const [index, values] of expected.entries()) {
    expectAllClose(found[index]!, values, { absolute: 5e-5 * largest, relative: 0 })
  }
}

function free({ running }: StartedMethod): void {
  tf.dispose(Object.values(running.variables ?? {}))
  running.dispose?.()
}
