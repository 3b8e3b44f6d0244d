import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AnswerFolder } from '../../packages/cli/src/run/answers/answer-folder.js'
import { assertComplete } from '../../packages/cli/src/run/training/open-answers.js'
import {
  encodeManifest,
  answersId,
  MANIFEST,
  shardFile,
  type AnswerManifest,
} from '../../packages/cli/src/run/answers/answer-manifest.js'
import { encodeShard } from '../../packages/cli/src/run/answers/answer-shard.js'
import { AnswerTable } from '../../packages/cli/src/run/answers/kept-answers.js'
import type { Dataset, RandomSource } from '../../packages/core/src/index.js'
import {
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from '../../packages/models/src/index.js'
import { changedHeader } from './changed-header.js'
import type { FuzzTarget } from './fuzz-target.js'
import { mutateBytes, mutateJson, mutateText, mutateValue, pick } from './mutate.js'

const ids = Int32Array.of(7, 2, 5)
const logits = Float32Array.of(1, 2, 3, 4.0001, -1, -2.5, 0.1, 30, 0, 0, 0, 1e-3)
const examples = { ids, inputs: new Float32Array(3), labels: Int32Array.of(0, 1, 2) }
const dataset: Dataset = {
  name: 'made',
  inputShape: [1],
  classNames: ['a', 'b', 'c', 'd'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: examples,
  test: examples,
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const forms: AnswerManifest['logits'][] = [{ dtype: 'float32' }, { dtype: 'float16', top: 2 }]

/** Answers to three examples in two shards. */
function madeAnswers(form: AnswerManifest['logits']): { manifest: AnswerManifest; shards: Uint8Array[] } {
  const { name, inputShape, classNames, normalization } = dataset
  const about = {
    format: 'kd-answers',
    version: 1,
    teacher: { name: 'mlp', weights: 'b'.repeat(64) },
    dataset: {
      name,
      inputShape: [...inputShape],
      classNames: [...classNames],
      normalization: {
        mean: [...normalization.mean],
        standardDeviation: [...normalization.standardDeviation],
      },
      augmentation: 'none',
    },
    logits: form,
    rowsPerShard: 2,
    engine: 'cpu',
    packages: { '@kd/cli': '0.1.0' },
    splits: { train: { examples: 3, data: 'd'.repeat(64), shards: [] } },
  } as const satisfies Omit<AnswerManifest, 'id' | 'splits'> & { splits: object }
  const empty = { ...about, splits: { train: { ...about.splits.train, shards: [] } } }
  const manifest: AnswerManifest = { ...empty, id: answersId(empty) }
  const shards = [0, 1].map((index) =>
    encodeShard(manifest, {
      split: 'train',
      index,
      ids: ids.subarray(2 * index, 2 * index + 2),
      logits: logits.subarray(8 * index, 8 * index + 8),
    }),
  )
  return { manifest: withShards(manifest, shards), shards }
}

/** The manifest of other shards, with hashes that fit them. */
function withShards(manifest: AnswerManifest, shards: readonly Uint8Array[]): AnswerManifest {
  const entries = shards.map((bytes, index) => ({
    file: shardFile({ split: 'train', index }, sha256(bytes)),
    rows: index === 0 ? 2 : 1,
    bytes: bytes.length,
    sha256: sha256(bytes),
  }))
  return { ...manifest, splits: { train: { ...manifest.splits.train!, shards: entries } } }
}

const made = forms.map(madeAnswers)

/** Its tensors and what it says of itself, one of them changed, in a file that is whole. */
function changedShard(random: RandomSource, shard: Uint8Array): Uint8Array {
  const about = Object.fromEntries(readSafetensorsMetadata(shard))
  const tensors = new Map([...readSafetensors(shard)].filter(() => random.uniform() < 0.9))
  const key = pick(random, Object.keys(about))
  about[key] =
    random.integer(2) === 0 ? mutateText(random, about[key]!) : String(mutateValue(random, about[key]))
  for (const tensor of tensors.values()) {
    if (random.integer(3) > 0) continue
    tensor.data[random.integer(tensor.data.length)] = pick(random, [0, -1, 3, 7, 65504, NaN, Infinity])
  }
  return writeSafetensors(tensors, about)
}

interface AnswerFiles {
  readonly manifest: string
  /** By name. */
  readonly shards: readonly (readonly [string, Uint8Array])[]
}

/** As a training reads them, but for the hash of its data. */
async function readAnswers(input: unknown): Promise<unknown> {
  const { manifest: text, shards } = input as AnswerFiles
  const path = resolve('answers')
  rmSync(path, { recursive: true, force: true })
  await mkdir(path)
  await writeFile(join(path, MANIFEST), text)
  for (const [name, bytes] of shards) await writeFile(join(path, name), bytes)
  const folder = new AnswerFolder(path)
  const manifest = (await folder.manifest())!
  assertComplete(folder, manifest)
  const answers = await AnswerTable.read(folder, { manifest, dataset, fixed: false })
  return answers.has('train') ? answers.keptLogits('train', ids) : undefined
}

/** What `kd keep-answers` writes. */
export const answerTargets: Record<string, FuzzTarget> = {
  'manifests of kept answers': {
    make: (random): AnswerFiles => {
      const { manifest, shards } = pick(random, made)
      const text = encodeManifest(manifest)
      return {
        manifest: random.integer(3) === 0 ? mutateText(random, text) : mutateJson(random, text),
        shards: manifest.splits.train!.shards.map(({ file }, index) => [file, shards[index]!]),
      }
    },
    read: readAnswers,
  },
  'shards of kept answers': {
    make: (random): AnswerFiles => {
      const { manifest, shards } = pick(random, made)
      const at = random.integer(2)
      const changed = pick(random, [mutateBytes, changedHeader, changedShard])(random, shards[at]!)
      const all = shards.with(at, changed)
      // Half of the time with hashes that fit, so that what comes behind them is seen.
      const told = random.integer(2) === 0 ? manifest : withShards(manifest, all)
      return {
        manifest: encodeManifest(told),
        shards: told.splits.train!.shards.map(({ file }, index) => [file, all[index]!]),
      }
    },
    read: readAnswers,
  },
}
