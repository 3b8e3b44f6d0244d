import type { EpochContext, Needs } from '@kd/core'
import { lastLayerInfluence } from '../influence/last-layer-influence.js'
import { correctness, labelConfidence, margin, randomScores } from '../scores/scores.js'
import {
  collectExamples,
  collectPredictions,
  type ScoredModel,
  type SeenExamples,
  type SeenPredictions,
} from './collect-split.js'

/** The splits as the scoring model sees them. */
export interface SeenSplits {
  readonly train: SeenExamples
  readonly validation: SeenExamples
}

/** Names of scores that need nothing but the splits. */
export const scoreNames = ['influence', 'label-confidence', 'correctness', 'margin', 'random'] as const

/** The name of a score. */
export type ScoreName = (typeof scoreNames)[number]

/** Scores the rows of the training split: [N], higher = rather distilled. */
export type ScoreFunction = (splits: SeenSplits) => Promise<ArrayLike<number>> | ArrayLike<number>

/** Which score, and its settings. */
export interface SplitScoreOptions<Score = ScoreName> {
  readonly score: Score
  /** Added to the Hessian's diagonal, for influence, > 0. */
  readonly damping: number
  /** The seed of random scores. */
  readonly seed: number
}

/**
 * Scores a training split by the name of a score.
 *
 * @param splits - as the scoring model sees them; the validation split is read by `'influence'` alone
 * @param options - see {@link SplitScoreOptions}
 * @returns [N] higher = rather distilled
 * @throws as the function of that name: {@link lastLayerInfluence}, {@link labelConfidence}, {@link correctness}, {@link margin} or
 * {@link randomScores}
 */
export async function scoreSplits(
  { train, validation }: SeenSplits,
  { score, damping, seed }: SplitScoreOptions,
): Promise<Float64Array> {
  switch (score) {
    case 'influence':
      return lastLayerInfluence({ ...train, validation, damping })
    case 'random':
      return randomScores(train.ids.length, seed)
    case 'label-confidence':
    case 'correctness':
    case 'margin':
      return scorePredictions(train, score)
  }
}

/** A choice of score and of the model that is scored. */
export interface RunScoreOptions extends SplitScoreOptions<ScoreName | ScoreFunction> {
  readonly model: ScoredModel
}

/**
 * What a run must have for its training split to be scored.
 *
 * @param options - which score of which model
 * @returns the needs, beside those of the method that is scored for
 */
export function needsOfScore({ score, model }: Pick<RunScoreOptions, 'score' | 'model'>): Needs {
  // Numbers at random and somebody's own function can do any task; the others read class labels.
  const tasks = score === 'random' || typeof score === 'function' ? 'any' : (['classification'] as const)
  if (score === 'random') return { tasks }
  const teachers = model === 'teacher' ? 1 : 0
  if (!readsLastLayer(score)) return { tasks, teachers }
  return {
    tasks,
    teachers,
    passes:
      model === 'teacher' ? { teacherFeatures: [['penultimate']] } : { studentFeatures: ['penultimate'] },
    validation: true,
  }
}

/**
 * Scores the training split of a run between two epochs.
 *
 * @param context - of `beforeEpoch`
 * @param options - which score of which model
 * @param functionName - the function that was called, for messages
 * @returns [N] in the order of the training split
 */
export async function scoreTrainingSplit(
  context: EpochContext,
  options: RunScoreOptions,
  functionName: string,
): Promise<ArrayLike<number>> {
  const { score, model, damping, seed } = options
  if (score === 'random') return randomScores(context.train.ids.length, seed)
  if (!readsLastLayer(score))
    return scorePredictions(await collectPredictions(context, 'train', model), score)
  const splits = {
    train: await collectExamples(context, 'train', model, functionName),
    validation: await collectExamples(context, 'validation', model, functionName),
  }
  return typeof score === 'function' ? score(splits) : scoreSplits(splits, { score, damping, seed })
}

/** Whether a score is shown the input of the last layer and the validation split; the others read predictions alone. */
function readsLastLayer(score: ScoreName | ScoreFunction): score is 'influence' | ScoreFunction {
  return score === 'influence' || typeof score === 'function'
}

function scorePredictions(
  train: SeenPredictions,
  score: Exclude<ScoreName, 'influence' | 'random'>,
): Promise<Float64Array> {
  switch (score) {
    case 'label-confidence':
      return labelConfidence(train)
    case 'correctness':
      return correctness(train)
    case 'margin':
      return margin(train)
  }
}
