import {
  correctness,
  labelConfidence,
  lastLayerInfluence,
  margin,
  randomScores,
  refreshedSelection,
  selectTop,
  type SeenSplits,
} from '@kd/selection'
import * as z from 'zod'
import type { MakeMethod } from './method-entry.js'

/** The `selection` of a method in a config: which examples it distils, the others being taught by labels. */
export const selectionSchema = z
  .strictObject({
    score: z
      .enum(['influence', 'label-confidence', 'correctness', 'margin', 'random'])
      .default('influence')
      .describe('what an example is chosen by; the best are distilled'),
    fraction: z.number().gt(0).max(1).default(0.7).describe('share of the training split that is distilled'),
    model: z
      .enum(['teacher', 'student'])
      .default('teacher')
      .describe('whose predictions and last layer are scored'),
    every: z.int().min(0).default(0).describe('epochs between two choices; 0: once'),
    balanced: z.boolean().default(false).describe('whether each class is chosen from by itself'),
    damping: z.number().positive().default(0.01).describe("added to the Hessian's diagonal, for influence"),
    seed: z.int().default(0).describe('for random'),
  })
  .optional()
  .describe('Data Selection: which examples are distilled; the others are taught by their labels alone')

/** Data Selection as a config has it. */
export type Selection = NonNullable<z.output<typeof selectionSchema>>

/**
 * Adds Data Selection to a method, where a config asks for it.
 *
 * @param make - the method's factory
 * @returns a factory that takes `selection` as well
 */
export function selectable<Options extends object>(
  make: MakeMethod<Options>,
): MakeMethod<Options & { selection?: Selection | undefined }> {
  return ({ selection, ...options }, run) => {
    const plain = make(options as unknown as Options, run)
    if (selection === undefined) return plain
    const { fraction, model, every, balanced } = selection
    return refreshedSelection(plain, {
      fraction,
      model,
      every,
      balanced,
      score: async (splits) => {
        const scores = await scoreSplits(selection, splits)
        const { train } = splits
        // As refreshedSelection chooses.
        run.selection.chose({
          train,
          scores,
          mask: selectTop(scores, { fraction, balanced, labels: train.labels }),
        })
        return scores
      },
    })
  }
}

/**
 * Scores the training split.
 *
 * @param selection - which score, and its settings
 * @param splits - as the scoring model sees them
 * @returns [N], higher = rather distilled
 */
export async function scoreSplits(
  { score, damping, seed }: Selection,
  splits: SeenSplits,
): Promise<Float64Array> {
  const { train, validation } = splits
  switch (score) {
    case 'influence':
      return lastLayerInfluence({ ...train, validation, damping })
    case 'label-confidence':
      return labelConfidence(train)
    case 'correctness':
      return correctness(train)
    case 'margin':
      return margin(train)
    case 'random':
      return randomScores(train.labels.length, seed)
  }
}
