import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { TrainingBatch } from '../dataset/batch-source.js'
import type { DistillationBatch } from '../method/distillation-batch.js'
import type { DistillationMethod, LossTerms } from '../method/distillation-method.js'
import { clipGradients, type GradientClipping } from '../optimizer/clip-gradients.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import type { Predict } from './classifier.js'
import { freeAbandonedTape } from './free-abandoned-tape.js'
import type { StepStatistics } from './step-statistics.js'
import type { Teach } from './teacher-predictor.js'

/** What stays the same from step to step. */
export interface TrainStepSetup {
  readonly student: LayersModel
  readonly predict: Predict
  readonly teach: Teach
  readonly method: DistillationMethod
  readonly optimizer: Optimizer
  readonly inputShape: readonly number[]
  readonly gradientClipping: GradientClipping | undefined
}

/**
 * One step: teachers, student, loss, gradients, new weights.
 *
 * @param setup - what stays the same
 * @param training - the batch
 * @param position - the epoch, for methods with ramps, and the learning rate
 * @param statistics - takes the losses
 */
export function trainStep(
  setup: TrainStepSetup,
  training: TrainingBatch,
  position: { epoch: number; learningRate: number },
  statistics: StepStatistics,
): void {
  const { student, method, optimizer, gradientClipping } = setup
  const variables = [
    ...student.trainableWeights.map((weight) => weight.read() as tf.Variable),
    ...(method.variables ?? []),
  ]
  const gradients = stepGradients(setup, training, position.epoch, variables, statistics)
  const limited = gradientClipping === undefined ? gradients : clipGradients(gradients, gradientClipping)
  try {
    optimizer.step(variables, limited, position.learningRate)
  } finally {
    tf.dispose(limited.filter((gradient) => gradient !== undefined))
  }
}

/** A step that fails leaves nothing behind: training may go on. */
function stepGradients(
  setup: TrainStepSetup,
  training: TrainingBatch,
  epoch: number,
  variables: readonly tf.Variable[],
  statistics: StepStatistics,
): (tf.Tensor | undefined)[] {
  const kept: tf.Tensor[] = []
  try {
    return tf.tidy(() => {
      const inputs = tf.tensor(training.inputs, [training.rows.length, ...setup.inputShape])
      const labels = tf.tensor1d(training.labels, 'int32')
      const { logits: teacherLogits, features: teacherFeatures } = setup.teach(inputs, {
        ...training,
        split: 'train',
      })
      let report: (() => void) | undefined
      const { grads } = tf.variableGrads(() => {
        const { logits: studentLogits, features: studentFeatures } = setup.predict(inputs, true)
        const { ids } = training
        const batch = { ids, labels, studentLogits, teacherLogits, studentFeatures, teacherFeatures, epoch }
        const { total, parts } = mixedLoss(setup.method, batch, training.mixup)
        for (const tensor of [studentLogits, total, ...Object.values(parts)]) kept.push(tf.keep(tensor))
        report = () => {
          statistics.add(total, parts, studentLogits, labels)
        }
        return total
      }, [...variables])
      report?.()
      return variables.map((variable): tf.Tensor | undefined => grads[variable.name])
    })
  } catch (error) {
    freeAbandonedTape()
    throw error
  } finally {
    tf.dispose(kept)
  }
}

/** Where inputs were mixed, the losses to both labels are mixed alike: any method can be trained so without knowing it. */
function mixedLoss(
  method: DistillationMethod,
  batch: DistillationBatch,
  mixup: TrainingBatch['mixup'],
): LossTerms {
  const first = method.loss(batch)
  if (mixup === undefined) return first
  const second = method.loss({ ...batch, labels: tf.tensor1d(mixup.secondLabels, 'int32') })
  const mix = <Value extends tf.Tensor>(left: Value, right: Value): Value =>
    tf.add(tf.mul(mixup.ratio, left), tf.mul(1 - mixup.ratio, right))
  return {
    total: mix(first.total, second.total),
    parts: Object.fromEntries(
      Object.entries(first.parts).map(([name, part]) => [name, mix(part, second.parts[name]!)]),
    ),
  }
}
