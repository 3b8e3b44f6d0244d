import { evaluate, KdError, type Dataset, type Examples } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { pieceOf } from '../../run/data/evaluate-split.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import type { AnswerFolder } from '../../run/answers/answer-folder.js'
import type { AnswerManifest, ShardPlace } from '../../run/answers/answer-manifest.js'

/** Examples that a teacher sees at a time: as many as in a run, so that its answers are the same to the last bit. */
export const ANSWER_BATCH = 250

/** Labels that are to be made. */
export interface ShardWork {
  readonly manifest: AnswerManifest
  readonly folder: AnswerFolder
  /** The data set before label noise. */
  readonly dataset: Dataset
  readonly teacher: LayersModel
  readonly shards: readonly ShardPlace[]
}

/**
 * Lets a teacher label shards, each of which is written whole or not at all. Shards that are there already are left as they
 * are, so that it does not matter how often this is done, or by whom.
 *
 * @param work - see {@link ShardWork}
 * @param context - `signal` ends it after the current 250 examples; `tell` hears how many examples were labelled
 * @returns whether all were labelled
 * @throws {@link KdError} when the teacher gives something else than finite numbers, or a file cannot be written
 */
export async function answerShards(
  { manifest, folder, dataset, teacher, shards }: ShardWork,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: OnRunProgress },
): Promise<boolean> {
  const rowsOf = (place: ShardPlace): Examples => shardExamples(dataset, manifest, place)
  const of = shards.reduce((sum, place) => sum + rowsOf(place).ids.length, 0)
  const started = performance.now()
  let examples = 0
  let made = 0
  for (const place of shards) {
    const piece = rowsOf(place)
    const rows = piece.ids.length
    if ((await folder.findShard({ ...place, rows, id: manifest.id })) !== undefined) {
      examples += rows
      continue
    }
    const logits = new Float32Array(rows * dataset.classNames.length)
    for (let from = 0; from < rows; from += ANSWER_BATCH) {
      if (signal.aborted) return false
      const batch = pieceOf(piece, from, Math.min(rows, from + ANSWER_BATCH))
      const found = await answers(teacher, dataset, place, batch)
      logits.set(found, from * dataset.classNames.length)
      examples += batch.ids.length
      made += batch.ids.length
      const perSecond = (1000 * made) / (performance.now() - started)
      tell({ kind: 'labelled', examples, of, perSecond })
      await new Promise(setImmediate)
    }
    await folder.writeShard(manifest, { ...place, ids: piece.ids, logits })
  }
  return true
}

function shardExamples(
  dataset: Dataset,
  { rowsPerShard }: AnswerManifest,
  { split, index }: ShardPlace,
): Examples {
  const examples = dataset[split]!
  const from = index * rowsPerShard
  return pieceOf(examples, from, Math.min(examples.ids.length, from + rowsPerShard))
}

async function answers(
  teacher: LayersModel,
  dataset: Dataset,
  { split }: ShardPlace,
  batch: Examples,
): Promise<Float32Array> {
  const { logits } = await evaluate(
    teacher,
    { ...dataset, [split]: batch },
    { split, batchSize: ANSWER_BATCH },
  )
  const wrong = logits.findIndex((value) => !Number.isFinite(value))
  if (wrong === -1) return logits
  const id = batch.ids[Math.floor(wrong / dataset.classNames.length)]!
  throw new KdError(
    `labels: a teacher must give finite logits, got ${logits[wrong]} for the example with id ${id} of ${split}`,
  )
}
