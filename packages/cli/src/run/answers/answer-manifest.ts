import { KdError } from '@kd/core'
import { createHash } from 'node:crypto'
import * as z from 'zod'

/** The file in a folder of kept answers that says what they are. */
export const MANIFEST = 'manifest.json'

/** The splits whose examples a teacher can be asked about, in the order in which it is asked. */
export const answerSplits = ['train', 'validation', 'test'] as const
/** One of them. */
export type AnswerSplit = (typeof answerSplits)[number]

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
const text = z.string().max(1000)
/** More examples than any table here can hold. */
const count = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)

const shardSchema = z.strictObject({
  // A plain name: a manifest leads nowhere else.
  file: z
    .string()
    .regex(/^(train|validation|test)-\d{5,7}-[0-9a-f]{64}\.safetensors$/, 'must be the name of a shard'),
  rows: count,
  bytes: count,
  sha256,
})

const splitSchema = z.strictObject({
  examples: count,
  /** SHA-256 of the ids and the inputs, as they are stored and before they are normalised. */
  data: sha256,
  shards: z.array(shardSchema).max(1_000_000),
})

const manifestSchema = z
  .strictObject({
    // Versions before 1.0 wrote kd-labels.
    format: z.enum(['kd-answers', 'kd-labels']).transform(() => 'kd-answers' as const),
    version: z.literal(1),
    /** SHA-256 of everything that the answers depend on: see `answersId`. */
    id: sha256,
    teacher: z.strictObject({
      name: text,
      /** SHA-256 of its weights; of what the config says of a teacher that a plugin brings without weights. */
      weights: sha256,
      /** Hash of the recipe that it was trained by, if it was. */
      recipe: sha256.optional(),
    }),
    dataset: z.strictObject({
      name: text,
      /** What the answers are for; absent for classification. */
      task: text.optional(),
      inputShape: z.array(count).min(1).max(8),
      classNames: z.array(text).min(1).max(10_000_000),
      normalization: z.strictObject({
        mean: z.array(z.number()).max(1_000_000),
        standardDeviation: z.array(z.number()).max(1_000_000),
      }),
      /** What was done to the inputs beside normalisation. */
      augmentation: z.literal('none'),
    }),
    logits: z.strictObject({
      dtype: z.enum(['float32', 'float16']),
      /** So many of each example, the others being one number; absent for all. */
      top: count.optional(),
    }),
    rowsPerShard: count,
    engine: text,
    packages: z.record(text, text),
    splits: z.strictObject({
      train: splitSchema.optional(),
      validation: splitSchema.optional(),
      test: splitSchema.optional(),
    }),
  })
  .superRefine(({ logits, dataset, rowsPerShard, splits }, context) => {
    const complain = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message })
    }
    const classes = dataset.classNames.length
    if (logits.top !== undefined && logits.top >= Math.min(classes, 2 ** 16)) {
      complain(['logits', 'top'], `must be less than the ${classes} classes`)
    }
    for (const split of answerSplits) {
      const { shards = [] } = splits[split] ?? {}
      if (shards.length > shardCount({ splits, rowsPerShard }, split))
        complain(['splits', split, 'shards'], 'must be fewer')
      for (const [index, { file, rows, sha256: hash }] of shards.entries()) {
        if (file !== shardFile({ split, index }, hash))
          complain(['splits', split, 'shards', index, 'file'], 'must fit its place')
        if (rows !== shardRows({ splits, rowsPerShard }, { split, index }))
          complain(['splits', split, 'shards', index, 'rows'], 'must fit its place')
      }
    }
  })

/** What kept answers are: whose, of which data, in which form, in which files. */
export type AnswerManifest = z.output<typeof manifestSchema>
/** A shard in a manifest. */
export type ShardEntry = z.output<typeof shardSchema>

/** Where a shard stands. */
export interface ShardPlace {
  readonly split: AnswerSplit
  /** The place in the split. */
  readonly index: number
}

/** The name of a shard's file: its place, and the hash of its bytes. */
export function shardFile({ split, index }: ShardPlace, hash: string): string {
  return `${split}-${String(index).padStart(5, '0')}-${hash}.safetensors`
}

/** How many shards a split has. A manifest that was tampered with can claim far more than there is memory to list. */
export function shardCount(
  { splits, rowsPerShard }: Pick<AnswerManifest, 'splits' | 'rowsPerShard'>,
  split: AnswerSplit,
): number {
  return Math.ceil((splits[split]?.examples ?? 0) / rowsPerShard)
}

/** All shards of a split, in order. */
export function shardsOf(manifest: AnswerManifest, split: AnswerSplit): ShardPlace[] {
  return Array.from({ length: shardCount(manifest, split) }, (_, index) => ({ split, index }))
}

/** How many examples a shard has. */
export function shardRows(
  { splits, rowsPerShard }: Pick<AnswerManifest, 'splits' | 'rowsPerShard'>,
  { split, index }: ShardPlace,
): number {
  return Math.min(rowsPerShard, (splits[split]?.examples ?? 0) - index * rowsPerShard)
}

/** Whether all shards are there. */
export function isComplete(manifest: AnswerManifest): boolean {
  return answerSplits.every(
    (split) => (manifest.splits[split]?.shards.length ?? 0) === shardCount(manifest, split),
  )
}

/** Everything that answers depend on, as a hash: shards with the same one belong together. */
export function answersId({
  teacher,
  dataset,
  logits,
  rowsPerShard,
  engine,
  splits,
}: Omit<AnswerManifest, 'id'>): string {
  const data = answerSplits.map((split) => [splits[split]?.examples, splits[split]?.data])
  const value = [
    teacher.weights,
    Object.entries(dataset),
    logits.dtype,
    logits.top,
    rowsPerShard,
    engine,
    data,
  ]
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/** The text of a manifest. */
export function encodeManifest(manifest: AnswerManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/**
 * Reads a manifest. The text is not trusted: nothing is made, opened or followed of what does not pass.
 *
 * @param content - of a whole manifest.json
 * @returns the manifest
 * @throws {@link KdError} saying what is wrong with it
 */
export function decodeManifest(content: string): AnswerManifest {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (cause) {
    throw new KdError(`kept answers: ${MANIFEST} must be JSON, got ${content.length} other characters`, {
      cause,
    })
  }
  const { success, data, error } = manifestSchema.safeParse(value)
  if (!success) {
    const [issue] = error.issues
    const at = issue!.path.map(String).join('.').slice(0, 100)
    throw new KdError(
      `kept answers: ${MANIFEST} must have the form of version 1, got ${at || 'it'}: ${issue!.message.slice(0, 200)}`,
    )
  }
  return data
}
