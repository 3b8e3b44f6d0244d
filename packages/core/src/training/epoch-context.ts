import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Dataset } from '../dataset/dataset.js'
import { InvalidArgumentError } from '../errors/invalid-argument-error.js'
import type { EpochContext } from '../method/distillation-method.js'
import type { RandomSource } from '../random/random-source.js'
import type { Predict } from './classifier.js'
import { forEachSplitBatch } from './predict-split.js'
import type { Teach, TeacherPredictor } from './teacher-predictor.js'
import { teachLive } from './teachers.js'

/** What {@link epochContext} needs of the run. */
export interface EpochContextSetup {
  readonly dataset: Dataset
  readonly student: LayersModel
  readonly predict: Predict
  readonly predictors: readonly TeacherPredictor[]
  /** Looks the teachers' logits on the training split up, where they were kept. */
  readonly teachFromTables: Teach | undefined
  readonly batchSize: number
  readonly epochs: number
  /** Learning rate of an epoch's first step. */
  readonly learningRateOf: (epoch: number) => number
  readonly random: RandomSource
}

/**
 * Makes what a method may use before an epoch.
 *
 * @param setup - the run
 * @param epoch - about to start
 * @returns the context
 */
export function epochContext(setup: EpochContextSetup, epoch: number): EpochContext {
  const { dataset, predict, predictors, epochs, learningRateOf, random } = setup
  const { ids, labels } = dataset.train
  const live = teachLive(predictors, false)
  return {
    epoch,
    epochs,
    learningRate: learningRateOf(epoch),
    learningRateOf,
    idLimit: ids.reduce((limit, id) => Math.max(limit, id + 1), 0),
    train: { ids, labels },
    random,
    student: {
      variables: setup.student.trainableWeights.map((weight) => weight.read() as tf.Variable),
      logits: (inputs) => predict(inputs, false).logits,
    },
    async forEachBatch(split, visit, { batchSize = setup.batchSize, shuffle, teachers = true } = {}) {
      const examples = dataset[split]
      if (examples === undefined) {
        throw new InvalidArgumentError(
          `forEachBatch: split must be one that ${dataset.name} has, got ${split}`,
        )
      }
      const kept = split === 'train' ? setup.teachFromTables : undefined
      const teach = teachers ? (kept ?? live) : teachLive([], false)
      const order = Int32Array.from(examples.labels.keys())
      shuffle?.shuffle(order)
      await forEachSplitBatch({ dataset, examples, batchSize, order }, async ({ inputs, rows }) => {
        const batchIds = rows.map((row) => examples.ids[row]!)
        const batch = tf.tidy(() => {
          const { logits: studentLogits, features: studentFeatures } = predict(inputs, false)
          const { logits, features } = teach(inputs, { split, rows, ids: batchIds })
          return {
            labels: tf.tensor1d(
              rows.map((row) => examples.labels[row]!),
              'int32',
            ),
            studentLogits,
            studentFeatures,
            teacherLogits: [...logits],
            teacherFeatures: [...features],
          }
        })
        try {
          await visit({ ...batch, inputs, ids: batchIds, epoch })
        } finally {
          tf.dispose(batch)
        }
      })
    },
  }
}
