import { KdError } from '@kd/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeManifest,
  encodeManifest,
  isComplete,
  answersId,
  shardFile,
  shardsOf,
  type AnswerManifest,
} from './answer-manifest.js'

const hash = (digit: string): string => digit.repeat(64)
const entry = (index: number, rows: number) => ({
  file: shardFile({ split: 'train', index }, hash('c')),
  rows,
  bytes: 100,
  sha256: hash('c'),
})
const good: AnswerManifest = {
  format: 'kd-answers',
  version: 1,
  id: hash('a'),
  teacher: { name: 'mlp', weights: hash('b') },
  dataset: {
    name: 'digits',
    inputShape: [8, 8, 1],
    classNames: ['0', '1', '2'],
    normalization: { mean: [0], standardDeviation: [1] },
    augmentation: 'none',
  },
  logits: { dtype: 'float16', top: 2 },
  rowsPerShard: 250,
  engine: 'cpu',
  packages: { '@kd/cli': '0.1.0' },
  splits: { train: { examples: 300, data: hash('d'), shards: [entry(0, 250), entry(1, 50)] } },
}
const train = good.splits.train!
const withShards = (...shards: object[]): object => ({ ...good, splits: { train: { ...train, shards } } })

describe('a manifest of kept answers', () => {
  it('gives back what was written', () => {
    expect(decodeManifest(encodeManifest(good))).toEqual(good)
  })

  it('reads what older versions wrote, under the old name of the format', () => {
    const old = encodeManifest(good).replace('kd-answers', 'kd-labels')
    expect(decodeManifest(old)).toEqual(good)
  })

  it('knows its shards, and whether all are there', () => {
    expect(shardsOf(good, 'train').map(({ index }) => index)).toEqual([0, 1])
    expect(isComplete(good)).toBe(true)
    expect(isComplete({ ...good, splits: { train: { ...train, shards: [entry(0, 250)] } } })).toBe(false)
    const huge = { ...train, examples: 2 ** 31 - 1, shards: [] }
    expect(isComplete({ ...good, rowsPerShard: 1, splits: { train: huge } })).toBe(false)
  })

  it('has another id for another teacher, other data, another form; the same for other names and versions', () => {
    const changes: Partial<AnswerManifest>[] = [
      { teacher: { name: 'mlp', weights: hash('9') } },
      { logits: { dtype: 'float16' } },
      { logits: { dtype: 'float32', top: 2 } },
      { rowsPerShard: 500 },
      { engine: 'wasm' },
      { splits: { train: { ...train, data: hash('9') } } },
      { splits: { test: train } },
      { dataset: { ...good.dataset, normalization: { mean: [1], standardDeviation: [1] } } },
    ]
    const ids = changes.map((change) => answersId({ ...good, ...change }))
    expect(new Set([answersId(good), ...ids]).size).toBe(changes.length + 1)
    expect(answersId({ ...good, packages: {}, teacher: { ...good.teacher, name: 'x' } })).toBe(
      answersId(good),
    )
  })

  it.each<[string, unknown, string]>([
    ['no JSON', undefined, 'must be JSON, got 0 other characters'],
    ['a list', [], 'must have the form of version 1, got it'],
    ['another format', { ...good, format: 'zip' }, 'got format'],
    ['another version', { ...good, version: 2 }, 'got version'],
    ['a key of its own', { ...good, run: 'rm' }, 'Unrecognized key'],
    ['a key of the prototype', { ...good, splits: JSON.parse('{"__proto__": {}}') as unknown }, 'splits'],
    ['a hash that is none', { ...good, id: 'abc' }, 'got id: must be 64 hexadecimal digits'],
    [
      'as many kept as there are',
      { ...good, logits: { dtype: 'float32', top: 3 } },
      'logits.top: must be less than the 3',
    ],
    [
      'a path up',
      withShards({ ...entry(0, 250), file: `../${entry(0, 250).file}` }),
      'must be the name of a shard',
    ],
    [
      'an absolute path',
      withShards({ ...entry(0, 250), file: `/etc/passwd` }),
      'must be the name of a shard',
    ],
    ['a file of another place', withShards(entry(1, 250)), 'shards.0.file: must fit its place'],
    [
      'a file of another hash',
      withShards({ ...entry(0, 250), sha256: hash('e') }),
      'file: must fit its place',
    ],
    ['too few rows', withShards(entry(0, 249)), 'shards.0.rows: must fit its place'],
    ['a shard too many', withShards(entry(0, 250), entry(1, 50), entry(2, 250)), 'shards: must be fewer'],
    [
      'examples without end',
      { ...good, splits: { train: { ...train, examples: 1e15 } } },
      'splits.train.examples',
    ],
  ])('refuses %s', (_, value, message) => {
    const text = value === undefined ? '' : JSON.stringify(value)
    expect(() => decodeManifest(text)).toThrow(KdError)
    expect(() => decodeManifest(text)).toThrow(message)
  })

  it('gives a manifest or a KdError, whatever the text', () => {
    const text = encodeManifest(good)
    const edit = fc.record({ at: fc.nat(text.length), length: fc.nat(12), put: fc.string({ maxLength: 6 }) })
    fc.assert(
      fc.property(fc.oneof(edit, fc.json()), (change) => {
        const changed =
          typeof change === 'string'
            ? change
            : text.slice(0, change.at) + change.put + text.slice(change.at + change.length)
        try {
          const { splits } = decodeManifest(changed)
          for (const { file } of splits.train?.shards ?? []) expect(file).not.toMatch(/[/\\]/)
        } catch (error) {
          expect(KdError.isInstance(error), String(error)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
