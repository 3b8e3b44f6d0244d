import { KdError } from '@kd/core'
import { describe, expect, it } from 'vitest'
import golden from './parquet-logit-table.golden.json' with { type: 'json' }
import { parquetLogitTable, type ParquetLogitTableOptions } from './parquet-logit-table.js'

type Name = keyof typeof golden.files
const read = (name: Name, options?: ParquetLogitTableOptions) =>
  parquetLogitTable(new Uint8Array(Buffer.from(golden.files[name], 'base64')), options)
const table = { logits: Float32Array.from(golden.logits.flat()), classes: 3 }
const ids = Int32Array.from(golden.ids)

describe('parquetLogitTable', () => {
  it.each<[Name, ParquetLogitTableOptions, Int32Array | undefined]>([
    ['list', {}, ids],
    ['fixedSizeList', {}, undefined],
    ['fixedSizeList', { id: 'row' }, ids],
    ['columns', { logits: ['class0', 'class1', 'class2'] }, ids],
  ])('reads %s as pyarrow writes them, %o', async (name, options, wanted) => {
    expect(await read(name, options)).toEqual(wanted === undefined ? table : { ...table, ids: wanted })
  })

  it.each<[Name, ParquetLogitTableOptions, string]>([
    ['ragged', {}, 'must have a list of 2 numbers in each row, got [1] in row 1'],
    ['names', {}, 'must have an integer of 32 bits in column id, got a in row 0'],
    ['columns', {}, 'must have a column logits, got id, class0, class1, class2'],
    ['list', { logits: 'id' }, 'must have a list of C numbers in each row, got "7" in row 0'],
  ])('refuses %s, %o', async (name, options, message) => {
    const error: unknown = await read(name, options).catch((found: unknown) => found)
    expect(KdError.isInstance(error) && error.message).toContain(message)
  })
})
