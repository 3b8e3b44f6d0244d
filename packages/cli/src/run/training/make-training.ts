import {
  adam,
  cosineDecay,
  sgd,
  stepDecay,
  warmUp,
  type BatchSource,
  type AnyDataset,
  type GradientClipping,
  type LearningRateSchedule,
  type Optimizer,
  type TrainingOptions,
} from '@kd/core'
import { batchSource, type Augmentation } from '@kd/datasets'
import type { DatasetConfig } from '../../config/config-schema.js'
import type { TrainingConfig } from '../../config/training-schema.js'

/** What a training takes from a config. */
export type TrainingSettings = Pick<
  TrainingOptions,
  | 'epochs'
  | 'batchSize'
  | 'optimizer'
  | 'learningRate'
  | 'classWeights'
  | 'gradientClipping'
  | 'earlyStop'
  | 'monitor'
>

/** Makes a training's optimizer and schedule from its config. */
export function makeTraining(config: TrainingConfig): TrainingSettings {
  const { epochs, batchSize, monitor, classWeights, gradientClipping, earlyStop } = config
  return {
    epochs,
    batchSize,
    ...(monitor === undefined ? {} : { monitor }),
    optimizer: makeOptimizer(config.optimizer),
    learningRate: makeLearningRate(config),
    ...(classWeights === undefined ? {} : { classWeights }),
    ...(gradientClipping === undefined
      ? {}
      : { gradientClipping: gradientClipping satisfies GradientClipping }),
    ...(earlyStop === undefined ? {} : { earlyStop: { patience: earlyStop } }),
  }
}

/** The batches of a training: the training loop's own without augmentation, made ahead in a thread with it. */
export function makeBatches(
  dataset: AnyDataset,
  augmentation: DatasetConfig['augmentation'],
): { readonly batches?: BatchSource } {
  if (augmentation === undefined) return {}
  return { batches: batchSource(dataset, { augmentation: augmentation as Augmentation }) }
}

function makeOptimizer({ name, ...options }: TrainingConfig['optimizer']): Optimizer {
  return name === 'sgd' ? sgd(options) : adam(options)
}

function makeLearningRate({ learningRate, warmUp: epochs }: TrainingConfig): number | LearningRateSchedule {
  const schedule = typeof learningRate === 'number' ? () => learningRate : makeSchedule(learningRate)
  return epochs === undefined ? schedule : warmUp(schedule, { epochs })
}

type ScheduleConfig = Exclude<TrainingConfig['learningRate'], number>

function makeSchedule(config: ScheduleConfig): LearningRateSchedule {
  switch (config.schedule) {
    case 'constant':
      return () => config.initial
    case 'step':
      return stepDecay(config)
    case 'cosine':
      return cosineDecay(config)
  }
}
