import { KdError, logitTables } from '@kd/core'
import { describe, expect, it } from 'vitest'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'
import { writeSafetensors } from '../safetensors/write-safetensors.js'
import golden from './kept-logits.golden.json' with { type: 'json' }
import { readLogitTable } from './read-logit-table.js'
import { readNpy } from './read-npy.js'

type Name = keyof typeof golden.files
const bytesOf = (name: Name): Uint8Array => new Uint8Array(Buffer.from(golden.files[name], 'base64'))
const logits = Float32Array.from(golden.logits.flat())

describe('readLogitTable', () => {
  it.each<Name>(['npy', 'npyDouble', 'npyHalf', 'safetensorsHalf'])('reads %s by row number', (name) => {
    expect(readLogitTable(bytesOf(name))).toEqual({ logits, classes: 3 })
  })

  it('reads ids, by which a run finds the rows', () => {
    const table = readLogitTable(bytesOf('safetensors'))
    expect(table).toEqual({ logits, classes: 3, ids: Int32Array.from(golden.ids) })
    const found = logitTables({ train: table }).keptLogits('train', Int32Array.of(12, 7))
    expect([...found]).toEqual([...logits.subarray(9, 12), ...logits.subarray(0, 3)])
  })

  it.each<[Name, string]>([
    ['npyFortran', 'got fortran_order'],
    ['npyBigEndian', 'got >f4'],
    ['npyObjects', 'got |O\n  an array of objects is a pickle, which is never read'],
    ['npyIntegers', 'logits must be floats [N, C] with N, C >= 1, got integers [5]'],
  ])('refuses %s', (name, message) => {
    expect(() => readLogitTable(bytesOf(name))).toThrow(KdError)
    expect(() => readLogitTable(bytesOf(name))).toThrow(message)
  })

  it.each<[string, [string, SafetensorsTensor][], string]>([
    ['other tensors', [['weights', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]], 'got weights'],
    [
      'too few ids',
      [
        ['ids', { dtype: 'I32', shape: [1], data: Int32Array.of(1) }],
        ['logits', { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1, 2) }],
      ],
      'ids must be [2], got [1]',
    ],
    [
      'ids beyond 32 bits',
      [
        ['ids', { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 40n) }],
        ['logits', { dtype: 'F32', shape: [1, 1], data: Float32Array.of(1) }],
      ],
      'ids must be integers of 32 bits, got 1099511627776',
    ],
  ])('refuses safetensors with %s', (_, tensors, message) => {
    expect(() => readLogitTable(writeSafetensors(new Map(tensors)))).toThrow(message)
  })
})

describe('readNpy', () => {
  it('reads whole numbers of 64 bits', () => {
    expect(readNpy(bytesOf('npyIntegers'))).toEqual({
      shape: [5],
      data: BigInt64Array.from(golden.ids, BigInt),
    })
  })

  it('refuses every cut of a file, and more bytes', () => {
    const bytes = bytesOf('npy')
    for (let length = 0; length < bytes.length; length++)
      expect(() => readNpy(bytes.subarray(0, length))).toThrow(KdError)
    expect(() => readNpy(Uint8Array.from([...bytes, 0]))).toThrow('must have 60 bytes, got 61')
  })

  it('refuses absurd shapes and other headers', () => {
    const bytes = bytesOf('npy')
    const changed = (from: string, to: string): Uint8Array => {
      const text = Buffer.from(bytes).toString('latin1')
      return Buffer.from(text.replace(from.padEnd(to.length), to), 'latin1')
    }
    expect(() => readNpy(changed('(5, 3), }              ', '(9007199254740991, 3), }'))).toThrow(KdError)
    expect(() => readNpy(changed("'descr'", "'desqr'"))).toThrow('header must be that of one array')
    expect(() => readNpy(changed('False', 'print'))).toThrow('header must be that of one array')
  })
})
