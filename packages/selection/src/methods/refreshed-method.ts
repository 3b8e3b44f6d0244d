import { InvalidArgumentError, KdError } from '@kd/core'
import type { DistillationBatch, DistillationMethod, EpochContext, LossTerms, Requirements } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { lastLayerInfluence } from '../influence/last-layer-influence.js'
import { collectSplit, type SeenExamples } from './collect-split.js'

/** The splits as the scoring model sees them. */
export interface SeenSplits {
  readonly train: SeenExamples
  readonly validation: SeenExamples
}

/** When the training split is scored, and by what. */
export interface RefreshOptions {
  /**
   * Whose predictions and last layer are scored: the first teacher's, whose scores stay the same, or the student's at that time.
   * @defaultValue 'teacher'
   */
  readonly model?: 'teacher' | 'student'
  /**
   * Epochs between two times, a whole number >= 0; 0: once, before the first epoch.
   * @defaultValue 0
   */
  readonly every?: number
  /**
   * Scores the rows of the training split.
   * @defaultValue the last layer's influence on the loss of the validation split, `lastLayerInfluence`
   */
  readonly score?: (splits: SeenSplits) => Promise<ArrayLike<number>> | ArrayLike<number>
}

/** What becomes of the scores. */
export interface ScoreUse {
  readonly functionName: string
  /** Before the method's name. */
  readonly prefix: string
  /** Of the saved state. */
  readonly stateName: string
  readonly dtype: 'int32' | 'float32'
  /** [N] one number per row of the training split. */
  readonly valuesOf: (scores: ArrayLike<number>, train: SeenExamples) => ArrayLike<number>
  readonly loss: (batch: DistillationBatch, valueOf: (id: number) => number) => LossTerms
}

/**
 * Makes a method that scores the training split by itself and keeps a number per example id.
 *
 * @param method - what it is made from
 * @param options - see {@link RefreshOptions}
 * @param use - what becomes of the scores
 * @returns the new method
 */
export function refreshedMethod(
  method: DistillationMethod,
  { model = 'teacher', every = 0, score = influenceOf }: RefreshOptions,
  use: ScoreUse,
): DistillationMethod {
  if (!Number.isInteger(every) || every < 0)
    throw new InvalidArgumentError(`${use.functionName}: every must be a whole number >= 0, got ${every}`)
  let values: Float32Array | Int32Array | undefined
  const valueOf = (id: number): number => {
    if (values !== undefined) return values[id]!
    throw new KdError(`${use.functionName}: beforeEpoch must have run before the first step, got no choice`, {
      hint: 'train with distill of @kd/core, which calls it',
    })
  }
  return {
    name: `${use.prefix}-${method.name}`,
    requires: withScoring(method.requires, model),
    ...(method.variables && { variables: method.variables }),
    loss: (batch) => use.loss(batch, valueOf),
    async beforeEpoch(context) {
      if (values === undefined || (every > 0 && context.epoch % every === 0))
        values = await scoredById(context, { model, score }, use)
      await method.beforeEpoch?.(context)
    },
    saveState: () => ({
      ...method.saveState?.(),
      ...(values && { [use.stateName]: tf.tensor1d(values, use.dtype) }),
    }),
    loadState(state) {
      const { [use.stateName]: saved, ...rest } = state
      values = saved?.dataSync<'float32' | 'int32'>().slice()
      method.loadState?.(rest)
    },
  }
}

async function scoredById(
  context: EpochContext,
  { model, score }: Required<Pick<RefreshOptions, 'model' | 'score'>>,
  { functionName, dtype, valuesOf }: ScoreUse,
): Promise<Float32Array | Int32Array> {
  const train = await collectSplit(context, 'train', model, functionName)
  const validation = await collectSplit(context, 'validation', model, functionName)
  const scores = await score({ train, validation })
  if (scores.length !== train.ids.length) {
    throw new InvalidArgumentError(
      `${functionName}: score must give one number per training example, ${train.ids.length}, got ${scores.length}`,
    )
  }
  const ofRows = valuesOf(scores, train)
  const values = dtype === 'int32' ? new Int32Array(context.idLimit) : new Float32Array(context.idLimit)
  train.ids.forEach((id, row) => (values[id] = ofRows[row]!))
  return values
}

function influenceOf({ train, validation }: SeenSplits): Promise<Float64Array> {
  return lastLayerInfluence({ ...train, validation })
}

function withScoring(requires: Requirements | undefined, model: 'teacher' | 'student'): Requirements {
  const features = model === 'teacher' ? 'teacherFeatures' : 'studentFeatures'
  return {
    ...requires,
    teachers: Math.max(requires?.teachers ?? 0, model === 'teacher' ? 1 : 0),
    passes: {
      ...requires?.passes,
      [features]: [...new Set([...(requires?.passes?.[features] ?? []), 'penultimate'])],
    },
    validation: true,
  }
}
