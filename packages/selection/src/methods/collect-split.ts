import type { DistillationBatch, EpochContext } from '@kd/core'
import { InvalidArgumentError } from '@kd/core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { NumberTable } from '../examples/table.js'

/** A split as a model sees it, in file order. */
export interface SeenExamples {
  /** [N] */
  readonly ids: Int32Array
  /** [N] class indices. */
  readonly labels: Int32Array
  /** [N, D] inputs of the model's last dense layer. */
  readonly features: NumberTable
  /** [N, C] */
  readonly logits: NumberTable
}

/**
 * Runs a model over a split and keeps what it sees and says.
 *
 * @param context - of `beforeEpoch`
 * @param split - which one
 * @param model - the student, or the first teacher; its `'penultimate'` features must have been asked for
 * @param functionName - the function that was called, for the message
 * @returns all rows
 */
export async function collectSplit(
  context: EpochContext,
  split: 'train' | 'validation',
  model: 'student' | 'teacher',
  functionName: string,
): Promise<SeenExamples> {
  const ids: Int32Array[] = []
  const labels: Int32Array[] = []
  const features = new RowCollector()
  const logits = new RowCollector()
  await context.forEachBatch(split, async (batch) => {
    ids.push(batch.ids)
    labels.push(await batch.labels.data<'int32'>())
    await features.add(featuresOf(batch, model, functionName))
    await logits.add(model === 'teacher' ? batch.teacherLogits[0]! : batch.studentLogits)
  })
  return {
    ids: Int32Array.from(ids.flatMap((piece) => [...piece])),
    labels: Int32Array.from(labels.flatMap((piece) => [...piece])),
    features: features.table(),
    logits: logits.table(),
  }
}

function featuresOf(batch: DistillationBatch, model: 'student' | 'teacher', functionName: string): Tensor {
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
    this.#columns = piece.shape[1]!
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
