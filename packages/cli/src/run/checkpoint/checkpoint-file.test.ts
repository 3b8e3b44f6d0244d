import { KdError } from '@kd/core'
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '@kd/models'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint, type RunCheckpoint } from './checkpoint-file.js'

const metrics = { examples: 3, loss: 0.1 + 0.2, top1: 1 / 3, expectedCalibrationError: 5e-324 }
const checkpoint: RunCheckpoint = {
  identity: 'a'.repeat(64),
  who: 'student',
  metricsBytes: 1234,
  seconds: 0.1,
  training: {
    progress: {
      optimizer: 'sgd',
      method: 'label-loss',
      epoch: 1,
      step: 2,
      running: {
        seconds: 1,
        learningRate: 0.05,
        figures: ['top1'],
        parts: ['label'],
        sums: [1.1, 2 / 3, NaN],
        examples: 7,
      },
      history: [
        {
          epoch: 0,
          steps: 4,
          seconds: 2,
          learningRate: 1e-21,
          train: { loss: Infinity, parts: { label: -Infinity, constructor: 1 }, figures: { top1: 0 } },
          validation: metrics,
        },
      ],
      best: { epoch: 0, validation: metrics },
    },
    tensors: new Map([
      ['student/0', { dtype: 'float32', shape: [2, 2], values: Float32Array.of(0.1, NaN, -0, Infinity) }],
      ['method/mask', { dtype: 'int32', shape: [3], values: Int32Array.of(1, -(2 ** 31), 0) }],
      ['method/__proto__', { dtype: 'bool', shape: [], values: Uint8Array.of(1) }],
      ['optimizer/none', { dtype: 'float32', shape: [0, 4], values: new Float32Array(0) }],
    ]),
  },
}

const bytes = encodeCheckpoint(checkpoint)
const manifest = readSafetensorsMetadata(bytes).get('manifest')!
const withManifest = (text: string): Uint8Array => writeSafetensors(new Map(), { manifest: text })
const changed = (change: object): Uint8Array =>
  withManifest(JSON.stringify({ ...(JSON.parse(manifest) as object), ...change }))

describe('a checkpoint file', () => {
  it('gives back every bit that was written, what JSON has no words for included', () => {
    expect(decodeCheckpoint(bytes)).toEqual(checkpoint)
    expect(Object.is(decodeCheckpoint(bytes).training.tensors.get('student/0')!.values[2], -0)).toBe(true)
    expect(encodeCheckpoint(decodeCheckpoint(bytes))).toEqual(bytes)
  })

  it('is a safetensors file', () => {
    expect([...readSafetensors(bytes).keys()].sort()).toEqual([...checkpoint.training.tensors.keys()].sort())
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'bytes must hold at least 8'],
    ['a file cut short', bytes.subarray(0, -1), 'the file may be cut off'],
    ['weights without a manifest', writeSafetensors(new Map()), 'metadata must hold a manifest, got none'],
    ['no JSON', withManifest('{'), 'manifest must be JSON, got 1 other characters'],
    ['JSON nested deeply', withManifest('['.repeat(100_000)), 'manifest must be JSON'],
    ['another version', changed({ version: 2 }), 'must have the form of version 1, got version'],
    ['a key of its own', changed({ run: 'rm' }), 'Unrecognized key'],
    ['a negative length', changed({ metricsBytes: -1 }), 'got metricsBytes'],
    ['a name that is too long', changed({ who: 'x'.repeat(1000) }), 'got who'],
    [
      'sums of other parts',
      changed({
        progress: {
          epoch: 0,
          step: 1,
          history: [],
          optimizer: '',
          method: '',
          running: { seconds: 1, learningRate: 1, figures: ['top1'], parts: [], sums: [1], examples: 1 },
        },
      }),
      'must have a sum for the loss, each figure and each part',
    ],
    [
      'tensors of another type',
      writeSafetensors(new Map([['x', { dtype: 'F64', shape: [1], data: new Float64Array(1) }]]), {
        manifest,
      }),
      "tensors must be F32, I32 or BOOL, got F64 for 'x'",
    ],
  ])('refuses %s', (_, file, message) => {
    let error: unknown
    try {
      decodeCheckpoint(file)
    } catch (caught) {
      error = caught
    }
    expect(KdError.isInstance(error)).toBe(true)
    expect((error as Error).message).toContain(message)
  })

  it('gives a checkpoint or a KdError, whatever the bytes', () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) })
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = bytes.slice(0, length)
          for (const { at, byte } of changes) if (at < length) damaged[at] = byte
          try {
            decodeCheckpoint(damaged)
          } catch (error) {
            expect(KdError.isInstance(error), String(error)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined()
  })
})
