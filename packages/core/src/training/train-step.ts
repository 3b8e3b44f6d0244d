import * as tf from '@tensorflow/tfjs-core'
import type { TrainingBatch } from '../dataset/batch-source.js'
import { clipGradients } from '../optimizer/clip-gradients.js'
import type { RunningPhase, RunState } from './run-state.js'
import { StepGradients } from './step-gradients.js'
import type { StepStatistics } from './step-statistics.js'
import { StepViews, type StepPosition } from './step-views.js'

/**
 * One step: views, then for each phase of the method the teachers' answers, the learner, loss, gradients and new weights.
 * A step that fails leaves nothing behind: training may go on.
 *
 * @param run - the run
 * @param batch - the examples
 * @param position - where in the run it is
 * @param statistics - takes the losses
 * @returns the learning rate of the student's phase
 */
export async function trainStep(
  run: RunState,
  batch: TrainingBatch,
  position: StepPosition,
  statistics: StepStatistics,
): Promise<number> {
  const { stepsPerEpoch, options } = run
  const { dataset, epochs } = options
  const { epoch, step } = position
  const examples = batch.ids.length
  const inputs = tf.tensor(batch.inputs, [examples, ...dataset.inputShape])
  const labels = run.task.labelTensor(batch.labels, examples)
  const views = new StepViews(run, batch, position, labels)
  const gradients = new StepGradients(run, batch, views, labels)
  try {
    await views.open(inputs)
    let learningRate = 0
    for (const phase of run.phases) {
      const rate = phase.schedule({ epoch, step, stepsPerEpoch, epochs })
      await views.askTeachers(phase)
      takePhase(run, phase, gradients, rate)
      if (typeof phase.learner === 'number') views.forgetTeacher(phase.learner)
      if (phase.learner === 'student') learningRate = rate
    }
    gradients.report(statistics)
    await gradients.afterStep()
    return learningRate
  } finally {
    gradients.dispose()
    views.dispose()
    tf.dispose([inputs, labels])
  }
}

function takePhase(run: RunState, phase: RunningPhase, step: StepGradients, learningRate: number): void {
  const { gradientClipping } = run.options
  const variables = phase.trained()
  const gradients = step.gradients(phase, variables)
  const limited = gradientClipping === undefined ? gradients : clipGradients(gradients, gradientClipping)
  try {
    phase.optimizer.running.step(variables, limited, learningRate)
  } finally {
    tf.dispose(limited.filter((gradient) => gradient !== undefined))
  }
}
