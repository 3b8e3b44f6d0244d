import { evaluate, KdError, PASS_BATCH_SIZE, type AnyDataset, type Examples, type LabelArray } from '@kd/core'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import type { AnswerFolder } from '../../run/answers/answer-folder.js'
import type { AnswerManifest, ShardPlace } from '../../run/answers/answer-manifest.js'
import type { RunTeacher } from '../../run/answers/kept-answers.js'

/** Examples that a teacher is asked about at a time: as many as in a run, so that its answers are the same to the last bit. */
export const ANSWER_BATCH: number = PASS_BATCH_SIZE

/** Answers that are to be made. */
export interface ShardWork {
  readonly manifest: AnswerManifest
  readonly folder: AnswerFolder
  /** The data set before label noise. */
  readonly dataset: AnyDataset
  readonly teacher: RunTeacher
  /** Seconds that it may take for one answer. */
  readonly teacherTimeout?: number | undefined
  readonly shards: readonly ShardPlace[]
}

/**
 * Asks a teacher for shards, each of which is written whole or not at all. Shards that are there already are left as they are, so
 * that it does not matter how often this is done, or by whom.
 *
 * @param work - see {@link ShardWork}
 * @param context - `signal` ends it after the current 250 examples; `tell` hears about how many examples the teacher was asked
 * @returns whether all shards are there
 * @throws {@link KdError} when the teacher gives something else than finite numbers, or a file cannot be written
 */
export async function answerShards(
  { manifest, folder, dataset, teacher, teacherTimeout, shards }: ShardWork,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: OnRunProgress },
): Promise<boolean> {
  const outputs = dataset.classNames.length
  const rowsIn = (place: ShardPlace): Range => shardRange(dataset, manifest, place)
  const of = shards.map(rowsIn).reduce((sum, { from, end }) => sum + end - from, 0)
  const started = performance.now()
  let examples = 0
  let made = 0
  for (const place of shards) {
    const { from: first, end } = rowsIn(place)
    const rows = end - first
    if ((await folder.findShard({ ...place, rows, id: manifest.id })) !== undefined) {
      examples += rows
      continue
    }
    const logits = new Float32Array(rows * outputs)
    for (let from = first; from < end; from += ANSWER_BATCH) {
      if (signal.aborted) return false
      const batch = rowsOf(dataset, place.split, { from, end: Math.min(end, from + ANSWER_BATCH) })
      const found = await ask(teacher, batch, place, teacherTimeout)
      logits.set(found, (from - first) * outputs)
      const count = batch[place.split]!.ids.length
      examples += count
      made += count
      const perSecond = (1000 * made) / (performance.now() - started)
      tell({ kind: 'answered', examples, of, perSecond })
      await new Promise(setImmediate)
    }
    const ids = dataset[place.split]!.ids.subarray(first, end)
    await folder.writeShard(manifest, { ...place, ids, logits })
  }
  return true
}

/** Rows of a split, the last one left out. */
interface Range {
  readonly from: number
  readonly end: number
}

function shardRange(
  dataset: AnyDataset,
  { rowsPerShard }: AnswerManifest,
  { split, index }: ShardPlace,
): Range {
  const from = index * rowsPerShard
  return { from, end: Math.min(dataset[split]!.ids.length, from + rowsPerShard) }
}

/** A data set that has only some rows of one split, without copying them. */
export function rowsOf(dataset: AnyDataset, split: ShardPlace['split'], { from, end }: Range): AnyDataset {
  const examples = dataset[split]!
  const part = <Values extends LabelArray | AnyDataset['train']['inputs']>(values: Values): Values => {
    const size = values.length / examples.ids.length
    return values.subarray(from * size, end * size) as Values
  }
  const rows: Examples<LabelArray> = {
    inputs: part(examples.inputs),
    labels: part(examples.labels),
    ids: part(examples.ids),
  }
  return { ...dataset, [split]: rows }
}

async function ask(
  teacher: RunTeacher,
  dataset: AnyDataset,
  { split }: ShardPlace,
  teacherTimeout: number | undefined,
): Promise<Float32Array> {
  const { logits } = await evaluate(teacher, dataset, {
    split,
    batchSize: ANSWER_BATCH,
    ...(teacherTimeout !== undefined && { teacherTimeout }),
  })
  const wrong = logits.findIndex((value) => !Number.isFinite(value))
  if (wrong === -1) return logits
  const id = dataset[split]!.ids[Math.floor(wrong / dataset.classNames.length)]!
  throw new KdError(
    `keep-answers: a teacher must give finite logits, got ${logits[wrong]} for the example with id ${id} of ${split}`,
  )
}
