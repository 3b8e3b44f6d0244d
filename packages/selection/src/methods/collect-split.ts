import { InvalidArgumentError, type EpochContext, type Step } from '@kd/core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { NumberTable } from '../examples/table.js'

/** What a model says about a split, in file order. */
export interface SeenPredictions {
  /** [N] */
  readonly ids: Int32Array
  /** [N] class indices; for another task than classification its labels, row by row. */
  readonly labels: Int32Array
  /** [N, C] */
  readonly logits: NumberTable
}

/** A split as a model sees it, in file order. */
export interface SeenExamples extends SeenPredictions {
  /** [N, D] inputs of the model's last dense layer. */
  readonly features: NumberTable
}

/** Which model is scored: the first teacher or the student. */
export type ScoredModel = 'teacher' | 'student'

/**
 * Runs a model over a split and keeps what it says.
 *
 * @param context - of `beforeEpoch`
 * @param split - which one
 * @param model - the student or the first teacher
 * @param visit - is shown each batch too
 * @returns all rows
 */
export async function collectPredictions(
  context: EpochContext,
  split: 'train' | 'validation',
  model: ScoredModel,
  visit?: (batch: Step) => Promise<void>,
): Promise<SeenPredictions> {
  const ids: Int32Array[] = []
  const labels: Int32Array[] = []
  const logits = new RowCollector()
  await context.forEachBatch(
    split,
    async (batch) => {
      ids.push(batch.ids)
      labels.push(await batch.labels.data<'int32'>())
      await logits.add(model === 'teacher' ? batch.teacherLogits[0]! : batch.studentLogits)
      await visit?.(batch)
    },
    { teachers: model === 'teacher' },
  )
  return {
    ids: Int32Array.from(ids.flatMap((piece) => [...piece])),
    labels: Int32Array.from(labels.flatMap((piece) => [...piece])),
    logits: logits.table(),
  }
}

/**
 * Runs a model over a split and keeps what it says and what its last layer sees.
 *
 * @param context - of `beforeEpoch`
 * @param split - which one
 * @param model - the student or the first teacher; its `'penultimate'` features must have been asked for
 * @param functionName - the function that was called, for the message
 * @returns all rows
 */
export async function collectExamples(
  context: EpochContext,
  split: 'train' | 'validation',
  model: ScoredModel,
  functionName: string,
): Promise<SeenExamples> {
  const features = new RowCollector()
  const predictions = await collectPredictions(context, split, model, (batch) =>
    features.add(featuresOf(batch, model, functionName)),
  )
  return { ...predictions, features: features.table() }
}

function featuresOf(batch: Step, model: ScoredModel, functionName: string): Tensor {
  const map = model === 'teacher' ? batch.teacherFeatures[0] : batch.studentFeatures
  const features = map?.['penultimate']
  if (features?.rank === 2) return features
  throw new InvalidArgumentError(
    `${functionName}: ${model} must have 'penultimate' features [N, D], got ${features === undefined ? 'none' : `[${features.shape.join(', ')}]`}`,
  )
}

/** Puts the rows of pieces one after the other. */
class RowCollector {
  readonly #pieces: Float32Array[] = []
  #columns = 0

  async add(piece: Tensor): Promise<void> {
    this.#columns = piece.size / piece.shape[0]
    this.#pieces.push(await piece.data<'float32'>())
  }

  table(): NumberTable {
    const length = this.#pieces.reduce((sum, piece) => sum + piece.length, 0)
    const values = new Float32Array(length)
    let at = 0
    for (const piece of this.#pieces) {
      values.set(piece, at)
      at += piece.length
    }
    return { values, shape: [length / this.#columns, this.#columns] }
  }
}
