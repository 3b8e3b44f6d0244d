import { KdError } from '@kd/core'
import { differingKeys } from '../../run/origin/differing-keys.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import { UsageError } from '../../config/usage-error.js'
import type { AnswerFolder } from '../../run/answers/answer-folder.js'
import {
  answerSplits,
  shardRows,
  shardsOf,
  type AnswerManifest,
  type AnswerSplit,
  type ShardEntry,
  type ShardPlace,
} from '../../run/answers/answer-manifest.js'

/**
 * Takes up answers that are there, or begins them.
 *
 * @param folder - of the answers
 * @param manifest - what they are to be
 * @param tell - hears of files that are damaged
 * @returns the shards that are not there yet
 * @throws {@link UsageError} when there are other answers, naming what differs
 */
export async function missingShards(
  folder: AnswerFolder,
  manifest: AnswerManifest,
  tell: OnRunProgress,
): Promise<ShardPlace[]> {
  const before = await folder.manifest()
  if (before === undefined) await folder.writeManifest(manifest)
  else if (before.id !== manifest.id) throw otherAnswers(folder, before, manifest)
  const found = await findShards(folder, manifest, tell)
  return found.filter(({ entry }) => entry === undefined).map(({ place }) => place)
}

/**
 * Looks all shards of answers up.
 *
 * @param folder - of the answers
 * @param manifest - what they are
 * @param tell - hears of files that are damaged
 * @returns each with what a manifest says of it, if it is there
 */
async function findShards(
  folder: AnswerFolder,
  manifest: AnswerManifest,
  tell: OnRunProgress,
): Promise<{ place: ShardPlace; entry: ShardEntry | undefined }[]> {
  const found: { place: ShardPlace; entry: ShardEntry | undefined }[] = []
  for (const split of answerSplits) {
    for (const place of shardsOf(manifest, split)) {
      const rows = shardRows(manifest, place)
      const entry = await folder.findShard({ ...place, rows, id: manifest.id }, (file, reason) => {
        tell({ kind: 'message', text: `${file} is made anew: ${reason}` })
      })
      found.push({ place, entry })
    }
  }
  return found
}

/**
 * Checks every shard once more, and writes the manifest that makes answers of them.
 *
 * @param folder - of the answers
 * @param manifest - what they are
 * @param tell - hears of files that are damaged
 * @returns the shards
 * @throws {@link KdError} when one is missing
 */
export async function finishAnswers(
  folder: AnswerFolder,
  manifest: AnswerManifest,
  tell: OnRunProgress,
): Promise<ShardEntry[]> {
  const found = await findShards(folder, manifest, tell)
  const missing = found.find(({ entry }) => entry === undefined)?.place
  if (missing !== undefined)
    throw new KdError(
      `kept answers of ${folder.path} must be complete, got no shard ${missing.index} of ${missing.split}`,
    )
  const ofSplit = (split: AnswerSplit): ShardEntry[] =>
    found.flatMap(({ place, entry }) => (place.split === split ? [entry!] : []))
  const splits = Object.fromEntries(
    answerSplits.flatMap((split) => {
      const before = manifest.splits[split]
      return before === undefined ? [] : [[split, { ...before, shards: ofSplit(split) }] as const]
    }),
  )
  const whole: AnswerManifest = { ...manifest, splits }
  const before = await folder.manifest()
  // One that is right already says which versions made the answers.
  if (JSON.stringify(before?.splits) !== JSON.stringify(splits)) await folder.writeManifest(whole)
  await folder.removeOthers(whole)
  return found.map(({ entry }) => entry!)
}

function otherAnswers({ path }: AnswerFolder, before: AnswerManifest, now: AnswerManifest): UsageError {
  const kept = ({ teacher, dataset, logits, rowsPerShard, engine, splits }: AnswerManifest): unknown => ({
    teacher: { weights: teacher.weights },
    dataset,
    logits,
    rowsPerShard,
    engine,
    splits: answerSplits.map((split) => [splits[split]?.examples, splits[split]?.data]),
  })
  const changes = differingKeys(kept(before), kept(now)).map(
    ({ key, one, other }) => `${key} is ${other} and was ${one}`,
  )
  return new UsageError(
    `${path} holds other answers: ${changes.slice(0, 5).join('; ')}`,
    'choose another folder with --out, or add --force to replace them',
  )
}
