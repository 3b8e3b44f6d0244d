import {
  meanLoss,
  startMethod as startInRun,
  randomSource,
  type ExampleLosses,
  type Method,
  type RunningMethod,
  type RunStart,
  type Step,
} from '@kd/core'
import type * as tf from '@tensorflow/tfjs-core'

/** A method in a run of its own, for tests that look at single steps. */
export interface StartedMethod {
  readonly running: RunningMethod
  /** The example losses of the student's phase. */
  parts(step: Step): ExampleLosses
  /** Their mean, which is minimised. */
  loss(step: Step): tf.Scalar
}

/**
 * Starts a method for steps like the one given.
 *
 * @param method - any
 * @param step - gives shapes, task and the ids and labels of the training split
 * @param run - what else the run says; batches of the step's size, one epoch, the seed 0
 * @returns the method, and its losses
 */
export function startMethod(method: Method, step: Step, run: Partial<RunStart> = {}): StartedMethod {
  const running = startInRun(method, {
    task: step.task,
    student: { logits: step.studentLogits.shape.slice(1), features: shapesOf(step.studentFeatures) },
    teachers: step.teacherLogits.map((logits, teacher) => ({
      logits: logits.shape.slice(1),
      features: shapesOf(step.teacherFeatures[teacher] ?? {}),
    })),
    batchSize: step.ids.length,
    epochs: 1,
    train: { ids: step.ids, labels: step.labels.dataSync<'int32'>() },
    random: randomSource(0).split('method'),
    ...run,
  })
  const phase = running.phases.find(({ learner }) => learner === 'student')!
  return {
    running,
    parts: (other) => phase.loss(other),
    loss: (other) => meanLoss(phase.loss(other)),
  }
}

/**
 * The losses of one step of a method in a run of its own.
 *
 * @param method - any
 * @param step - what it sees
 * @returns the example losses of the student's phase, and their mean, which is minimised
 */
export function lossesOf(
  method: Method,
  step: Step,
): { readonly parts: ExampleLosses; readonly total: tf.Scalar } {
  const parts = startMethod(method, step).parts(step)
  return { parts, total: meanLoss(parts) }
}

function shapesOf(features: Step['studentFeatures']): Record<string, number[]> {
  return Object.fromEntries(Object.entries(features).map(([name, { shape }]) => [name, shape.slice(1)]))
}
