import type * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '../method/distillation-batch.js'
import type { Prediction } from './classifier.js'

/** Every teacher's logits and features for one batch. */
export interface TeacherOutputs {
  readonly logits: readonly tf.Tensor2D[]
  readonly features: readonly FeatureMap[]
}

/** Which examples of a split teachers are asked about. */
export interface TaughtBatch {
  readonly split: 'train' | 'validation'
  /** Positions in the split. */
  readonly rows: Int32Array
  /** `Examples.ids` of the rows. */
  readonly ids: Int32Array
  /** Set where inputs were mixed in pairs. */
  readonly mixup?: unknown
}

/** Gives the teachers' outputs for a batch; called inside a tidy. */
export type Teach = (inputs: tf.Tensor, batch: TaughtBatch) => TeacherOutputs

/** One teacher, made ready. */
export interface TeacherPredictor {
  /** Whether its logits lie somewhere already. */
  readonly stored: boolean
  readonly predict: (inputs: tf.Tensor, batch: TaughtBatch, training: boolean) => Prediction
}
