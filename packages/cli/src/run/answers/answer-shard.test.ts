import { KdError } from '@kd/core'
import { readSafetensors, writeSafetensors, type SafetensorsTensor } from '@kd/models'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerManifest } from './answer-manifest.js'
import { decodeShard, encodeShard, shardRow } from './answer-shard.js'

const answers = 'a'.repeat(64)
const manifest = (logits: AnswerManifest['logits']): Pick<AnswerManifest, 'id' | 'dataset' | 'logits'> => ({
  id: answers,
  dataset: {
    name: 'made',
    inputShape: [1],
    classNames: ['a', 'b', 'c', 'd'],
    normalization: { mean: [0], standardDeviation: [1] },
    augmentation: 'none',
  },
  logits,
})
const content = {
  split: 'train',
  index: 3,
  ids: Int32Array.of(7, 2),
  logits: Float32Array.of(1, 2, 3, 4.0001, -1, -2.5, 0.1, 1e4),
} as const
const whole = encodeShard(manifest({ dtype: 'float32' }), content)
const top = encodeShard(manifest({ dtype: 'float16', top: 2 }), content)

const rows = (bytes: Uint8Array): number[] => {
  const shard = decodeShard(bytes)
  const output = new Float32Array(4)
  return [0, 1].flatMap((row) => {
    shardRow(shard, row, output)
    return [...output]
  })
}

describe('a shard of kept answers', () => {
  it('gives back every bit of float32, and says what it is part of', () => {
    const { logits, ...about } = decodeShard(whole)
    expect(about).toEqual({ answers, split: 'train', index: 3, classes: 4, ids: content.ids })
    expect(logits).toEqual(content.logits)
    expect(rows(whole)).toEqual([...content.logits])
    expect(encodeShard(manifest({ dtype: 'float32' }), content)).toEqual(whole)
  })

  it('reads what older versions wrote, which called answers labels', () => {
    const about = { format: 'kd-labels', version: '1', labels: answers, split: 'train', shard: '3' }
    const old = writeSafetensors(readSafetensors(whole), { ...about, classes: '4' })
    expect(decodeShard(old)).toEqual(decodeShard(whole))
    expect(() => decodeShard(writeSafetensors(readSafetensors(whole), { ...about, labels: 'x' }))).toThrow(
      'must name its labels',
    )
  })

  it('is a safetensors file', () => {
    expect([...readSafetensors(top).keys()].sort()).toEqual(['ids', 'top.classes', 'top.logits', 'top.rest'])
    expect(readSafetensors(top).get('top.logits')).toMatchObject({ dtype: 'F16', shape: [2, 2] })
  })

  it('keeps half precision to half a unit of its last place, and the greatest with the mass of the others', () => {
    const half = rows(encodeShard(manifest({ dtype: 'float16' }), content))
    half.forEach((value, at) => {
      expect(Math.abs(value - content.logits[at]!)).toBeLessThanOrEqual(
        Math.abs(content.logits[at]!) * 2 ** -11,
      )
    })
    const rest = Math.log((Math.exp(1) + Math.exp(2)) / 2)
    const [one, other, ...kept] = rows(top)
    expect(one).toBe(other)
    expect(one).toBeCloseTo(rest, 2)
    expect(kept.slice(0, 2)).toEqual([3, 4])
  })

  const about = { format: 'kd-answers', version: '1', answers, split: 'train', shard: '0', classes: '3' }
  const ids: SafetensorsTensor = { dtype: 'I32', shape: [1], data: Int32Array.of(0) }
  const floats = (...data: number[]): SafetensorsTensor => ({
    dtype: 'F32',
    shape: [1, data.length],
    data: Float32Array.from(data),
  })
  const classes = (...data: number[]): SafetensorsTensor => ({
    dtype: 'U16',
    shape: [1, data.length],
    data: Uint16Array.from(data),
  })
  const rest: SafetensorsTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(0) }
  const made = (
    tensors: Record<string, SafetensorsTensor>,
    change: Record<string, string> = {},
  ): Uint8Array => writeSafetensors(new Map(Object.entries(tensors)), { ...about, ...change })

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'bytes must hold at least 8'],
    ['a file cut short', whole.subarray(0, -1), 'the file may be cut off'],
    ['a model', writeSafetensors(new Map([['logits', floats(1)]])), 'must have format kd-answers, got none'],
    [
      'another version',
      made({ ids, logits: floats(1, 2, 3) }, { version: '2' }),
      'must have version 1, got 2',
    ],
    [
      'another split',
      made({ ids, logits: floats(1, 2, 3) }, { split: '../x' }),
      'must name its split, got ../x',
    ],
    ['no number', made({ ids, logits: floats(1, 2, 3) }, { classes: '1e9' }), 'must name its classes'],
    [
      'other classes',
      made({ ids, logits: floats(1, 2) }),
      'must hold F32 or F16 [1, 3] as logits, got F32 [1, 2]',
    ],
    ['numbers that are none', made({ ids, logits: floats(1, NaN, 3) }), 'must have finite logits, got NaN'],
    ['no ids', made({ logits: floats(1, 2, 3) }), 'must hold I32 [N] as ids, got none'],
    ['no examples', made({ ids: { ...ids, shape: [0], data: new Int32Array() } }), 'got I32 [0]'],
    [
      'a tensor more',
      made({ ids, logits: floats(1, 2, 3), more: rest }),
      'hold the tensors ids, logits, got ids, logits, more',
    ],
    [
      'a class that is none',
      made({ ids, 'top.classes': classes(1, 3), 'top.logits': floats(1, 2), 'top.rest': rest }),
      'must have rising top.classes below 3, got 3',
    ],
    [
      'a class twice',
      made({ ids, 'top.classes': classes(1, 1), 'top.logits': floats(1, 2), 'top.rest': rest }),
      'must have rising top.classes below 3, got 1',
    ],
    [
      'half of what it needs',
      made({ ids, 'top.classes': classes(1, 2), 'top.logits': floats(1, 2) }),
      'must hold the tensors ids, top.classes, top.logits, top.rest',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeShard(bytes)).toThrow(KdError)
    expect(() => decodeShard(bytes)).toThrow(message)
  })

  it('gives answers or a KdError, whatever the bytes', () => {
    const change = fc.record({ at: fc.nat(top.length - 1), byte: fc.nat(255) })
    fc.assert(
      fc.property(
        fc.constantFrom(whole, top),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(top.length),
        (bytes, changes, length) => {
          const damaged = bytes.slice(0, Math.max(length, 8))
          for (const { at, byte } of changes) if (at < damaged.length) damaged[at] = byte
          try {
            const shard = decodeShard(damaged)
            if (shard.classes < 1000) shardRow(shard, 0, new Float32Array(shard.classes))
          } catch (error) {
            expect(KdError.isInstance(error), String(error)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
