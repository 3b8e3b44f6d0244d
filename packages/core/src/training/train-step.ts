import * as tf from '@tensorflow/tfjs-core'
import type { TrainingBatch } from '../dataset/batch-source.js'
import { clipGradients } from '../optimizer/clip-gradients.js'
import type { RunningPhase, RunState } from './run-state.js'
import { StepScope, type StepPosition } from './step-scope.js'
import type { StepStatistics } from './step-statistics.js'

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
  const { dataset, epochs } = run.options
  const examples = batch.ids.length
  const inputs = tf.tensor(batch.inputs, [examples, ...dataset.inputShape])
  const labels = run.task.labelTensor(batch.labels, examples)
  const scope = new StepScope(run, batch, position, labels)
  try {
    await scope.open(inputs)
    let learningRate = 0
    for (const phase of run.phases) {
      const rate = phase.schedule({ ...position, stepsPerEpoch: run.stepsPerEpoch, epochs })
      await scope.askTeachers(phase)
      takePhase(run, phase, scope, rate)
      if (typeof phase.learner === 'number') scope.forgetTeacher(phase.learner)
      if (phase.learner === 'student') learningRate = rate
    }
    scope.report(statistics)
    await scope.afterStep()
    return learningRate
  } finally {
    scope.dispose()
    tf.dispose([inputs, labels])
  }
}

function takePhase(run: RunState, phase: RunningPhase, scope: StepScope, learningRate: number): void {
  const { gradientClipping } = run.options
  const variables = phase.trained()
  const gradients = scope.gradients(phase, variables)
  const limited = gradientClipping === undefined ? gradients : clipGradients(gradients, gradientClipping)
  try {
    phase.optimizer.running.step(variables, limited, learningRate)
  } finally {
    tf.dispose(limited.filter((gradient) => gradient !== undefined))
  }
}
