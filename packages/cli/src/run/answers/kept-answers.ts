import { KdError, type AnyDataset, type KeptAnswers, type Model, type Teacher } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { createHash } from 'node:crypto'
import type { AnswerFolder } from './answer-folder.js'
import { answerSplits, shardsOf, type AnswerManifest, type AnswerSplit } from './answer-manifest.js'
import { shardRow, type AnswerShard } from './answer-shard.js'

/** The answers about one split in memory, in the form in which they were stored. */
interface KeptSplit {
  readonly shards: readonly AnswerShard[]
  /** Row of each id, through all shards. */
  readonly rows: ReadonlyMap<number, number>
}

/**
 * A teacher that was asked before. Its answers are held in memory as they are stored: 4 bytes for each logit that was kept
 * (16-bit ones are widened), and 2 more for its class where only the greatest were.
 */
export class AnswerTable implements KeptAnswers {
  /** The name of the model that gave the answers. */
  readonly name: string
  /** The hash of all answers. */
  readonly hash: string
  readonly fixed: boolean
  readonly #manifest: AnswerManifest
  readonly #path: string
  readonly #splits: Map<AnswerSplit, KeptSplit>

  private constructor(
    { path }: AnswerFolder,
    manifest: AnswerManifest,
    splits: Map<AnswerSplit, KeptSplit>,
    fixed: boolean,
  ) {
    const shards = answerSplits.flatMap((split) => manifest.splits[split]?.shards ?? [])
    const content = [manifest.id, ...shards.map(({ sha256 }) => sha256)]
    this.name = manifest.teacher.name
    this.hash = createHash('sha256').update(content.join()).digest('hex')
    this.fixed = fixed
    this.#manifest = manifest
    this.#path = path
    this.#splits = splits
  }

  /**
   * Reads all answers about a data set.
   *
   * @param folder - with a complete manifest that fits the data set
   * @param options - the manifest, the data set before label noise, and whether answers stand for augmented inputs
   * @returns the teacher
   * @throws {@link KdError} naming the file that is missing, damaged or of other examples
   */
  static async read(
    folder: AnswerFolder,
    { manifest, dataset, fixed }: { manifest: AnswerManifest; dataset: AnyDataset; fixed: boolean },
  ): Promise<AnswerTable> {
    const splits = new Map<AnswerSplit, KeptSplit>()
    for (const split of answerSplits) {
      if (manifest.splits[split] === undefined || dataset[split] === undefined) continue
      const shards: AnswerShard[] = []
      const rows = new Map<number, number>()
      for (const place of shardsOf(manifest, split)) {
        const shard = await folder.readShard(manifest, place)
        assertIds(folder, shard, dataset[split].ids.subarray(rows.size))
        assertForm(folder, shard, manifest)
        for (const id of shard.ids) rows.set(id, rows.size)
        shards.push(shard)
      }
      splits.set(split, { shards, rows })
    }
    return new AnswerTable(folder, manifest, splits, fixed)
  }

  /** Tells whether the teacher was asked about a split. */
  has(split: AnswerSplit): boolean {
    return this.#splits.has(split)
  }

  keptLogits(split: AnswerSplit, ids: Int32Array): Float32Array {
    const found = this.#splits.get(split)
    if (found === undefined) {
      throw new KdError(
        `kept answers of ${this.#path} must have the ${split} split for this method, got none`,
        {
          hint: `ask about it as well: kd keep-answers with --splits ${[...this.#splits.keys(), split].join(',')}`,
        },
      )
    }
    const classes = this.#manifest.dataset.classNames.length
    const { rowsPerShard } = this.#manifest
    const logits = new Float32Array(ids.length * classes)
    ids.forEach((id, index) => {
      const row = found.rows.get(id)
      if (row === undefined)
        throw new KdError(
          `kept answers of ${this.#path} must have every example of ${split}, got none for id ${id}`,
        )
      const output = logits.subarray(index * classes, (index + 1) * classes)
      shardRow(found.shards[Math.floor(row / rowsPerShard)]!, row % rowsPerShard, output)
    })
    return logits
  }

  /** Lets go of what was read. */
  dispose(): void {
    this.#splits.clear()
  }
}

function assertIds({ path }: AnswerFolder, { split, index, ids }: AnswerShard, wanted: Int32Array): void {
  const row = ids.findIndex((id, at) => id !== wanted[at])
  if (row === -1) return
  throw new KdError(
    `${path}: shard ${index} of ${split} must have the ids of the data set in their order, got ${ids[row]} for ${wanted[row]}`,
  )
}

function assertForm(
  { path }: AnswerFolder,
  { split, index, classes, logits }: AnswerShard,
  { dataset, logits: { top } }: AnswerManifest,
): void {
  const wanted = dataset.classNames.length
  const found = logits instanceof Float32Array ? undefined : logits.logits.length / logits.rest.length
  if (classes === wanted && found === top) return
  const form = (count: number, kept: number | undefined): string => `${kept ?? 'all'} of ${count} classes`
  throw new KdError(
    `${path}: shard ${index} of ${split} must have ${form(wanted, top)} as its manifest says, got ${form(classes, found)}`,
  )
}

/** Whatever teaches in a run: a model, answers that were kept, or a function. */
export type RunTeacher = LayersModel | AnswerTable | Teacher | Model
