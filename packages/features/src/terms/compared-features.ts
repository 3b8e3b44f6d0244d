import * as tf from '@tensorflow/tfjs-core'
import {
  count,
  InvalidArgumentError,
  option,
  readonlyList,
  ShapeError,
  weight,
  type ExampleLosses,
  type NamedVariables,
  type Needs,
  type RunningMethod,
  type RunStart,
  type Step,
} from '@kd/core'
import * as z from 'zod/mini'

/** Which features of student and teacher a method compares. */
export type FeatureChoice =
  | { readonly studentFeature: string; readonly teacherFeature: string; readonly teacher: number }
  | {
      readonly studentFeatures: readonly string[]
      readonly teacherFeatures: readonly string[]
      readonly teacher: number
    }

/** A feature of the student and the teacher's that it is compared with, [N, ...] each. */
export interface FeaturePair {
  readonly student: tf.Tensor
  readonly teacher: tf.Tensor
}

const teacherOption = count(0, 'which of the teachers is asked, from 0', 0)

/** Options of a method that compares one feature. */
export const oneFeature = (name: string) => ({
  studentFeature: option(z.string(), name, "the student's feature: a stage, a layer by name, or penultimate"),
  teacherFeature: option(z.string(), name, "the teacher's feature"),
  teacher: teacherOption,
})

/** Options of a method that compares several features in order. */
export const severalFeatures = (...names: readonly string[]) => ({
  studentFeatures: option(featureList(), [...names], "the student's features: stages, or layers by name"),
  teacherFeatures: option(featureList(), [...names], "the teacher's features, one for each of the student's"),
  teacher: teacherOption,
})

/** The shapes of the features that a method compares, without the batch axis. */
export interface ShapePair {
  /** The name of the student's feature. */
  readonly name: string
  readonly student: readonly number[]
  readonly teacher: readonly number[]
}

/** Returns the shapes of all pairs, in their order. */
export function shapesOf(run: RunStart, choice: FeatureChoice): ShapePair[] {
  const { student, teacher } = namesOf(choice)
  return student.map((name, index) => ({
    name,
    student: run.student.features[name]!,
    teacher: run.teachers[choice.teacher]!.features[teacher[index]!]!,
  }))
}

/** Weights of the terms of a method on features. */
export const termWeights = (feature: number) => ({
  featureWeight: weight(feature, "weight of the feature's term"),
  hardLossWeight: weight(1, "weight of the label's term"),
})

function featureList() {
  return readonlyList(z.array(z.string()).check(z.minLength(1)))
}

/** Says to a run which features are read. The teachers before the one that is asked may have no such layer. */
export function featureNeeds(choice: FeatureChoice): Needs {
  const { student, teacher } = namesOf(choice)
  return {
    teachers: choice.teacher + 1,
    studentFeatures: student,
    teacherFeatures: [...Array.from({ length: choice.teacher }, () => []), teacher],
    tasks: 'any',
  }
}

/** Refuses options that name more features of one side than of the other. */
export function assertPaired(functionName: string, choice: FeatureChoice): void {
  const { student, teacher } = namesOf(choice)
  if (student.length === teacher.length) return
  throw new InvalidArgumentError(
    `${functionName}: teacherFeatures must name one feature for each of the ${student.length} of studentFeatures, got ${teacher.length}`,
  )
}

/**
 * Refuses a run whose features do not fit.
 *
 * @param functionName - what the message begins with
 * @param run - knows the shapes
 * @param choice - the features
 * @param rule - what must hold of two features, for the message
 * @param fits - whether it holds for two shapes without the batch axis
 */
export function assertFit(
  functionName: string,
  run: RunStart,
  choice: FeatureChoice,
  rule: string,
  fits: (student: readonly number[], teacher: readonly number[]) => boolean,
): void {
  const { teacher: names } = namesOf(choice)
  for (const [index, { name, student, teacher }] of shapesOf(run, choice).entries()) {
    if (fits(student, teacher)) continue
    throw new ShapeError(
      `${functionName}: ${name} of the student and ${names[index]!} of the teacher must be ${rule}, got [${student.join(', ')}] and [${teacher.join(', ')}]`,
      { hint: 'choose other layers' },
    )
  }
}

/** Whether a shape without the batch axis is that of an image's map, [height, width, channels]. */
export const isMap = (shape: readonly number[]): boolean => shape.length === 3

/**
 * Makes the running method of a loss on features: the label's loss beside the terms, each multiplied by its weight.
 *
 * @param options - the features and the weights
 * @param terms - gives the terms of all pairs, [N] each, not yet weighted
 * @param variables - trainable weights of the method's own, by name
 * @returns the method in a run
 */
export function comparison(
  options: FeatureChoice & { readonly featureWeight: number; readonly hardLossWeight: number },
  terms: (pairs: readonly FeaturePair[], step: Step) => ExampleLosses,
  variables: NamedVariables = {},
): RunningMethod {
  const { featureWeight, hardLossWeight } = options
  const loss = (step: Step): ExampleLosses => ({
    label: tf.mul(hardLossWeight, step.task.labelLoss(step.studentLogits, step.labels)),
    ...Object.fromEntries(
      Object.entries(terms(pairsOf(step, options), step)).map(([name, losses]) => [
        name,
        tf.mul<tf.Tensor1D>(featureWeight, losses),
      ]),
    ),
  })
  return { variables, phases: [{ learner: 'student', loss }] }
}

function pairsOf({ studentFeatures, teacherFeatures }: Step, choice: FeatureChoice): FeaturePair[] {
  const { student, teacher } = namesOf(choice)
  const answers = teacherFeatures[choice.teacher]!
  return student.map((name, index) => ({
    student: studentFeatures[name]!,
    teacher: answers[teacher[index]!]!,
  }))
}

function namesOf(choice: FeatureChoice): { student: readonly string[]; teacher: readonly string[] } {
  return 'studentFeature' in choice
    ? { student: [choice.studentFeature], teacher: [choice.teacherFeature] }
    : { student: choice.studentFeatures, teacher: choice.teacherFeatures }
}
