import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readTableRows, type TableRowsOptions } from './read-table-rows.js'

const folder = mkdtempSync(join(tmpdir(), 'kd-table-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, values: Float32Array | Int32Array): string => {
  writeFileSync(join(folder, name), values)
  return join(folder, name)
}
const features = {
  path: file(
    'features',
    Float32Array.from({ length: 21 }, (_, k) => k / 2),
  ),
  columns: 3,
}
const logits = {
  path: file(
    'logits',
    Float32Array.from({ length: 14 }, (_, k) => -k),
  ),
  columns: 2,
}
const labels = file('labels', Int32Array.of(1, 0, 1, 0, 1, 0, 0))

async function read(options: TableRowsOptions<'features' | 'logits'>): Promise<number[][]> {
  const pieces: number[][] = []
  for await (const piece of readTableRows(options)) {
    expect(piece.features.shape).toEqual([piece.labels.length, 3])
    expect(piece.logits.shape).toEqual([piece.labels.length, 2])
    pieces.push([...piece.features.values, ...piece.logits.values, ...piece.labels])
  }
  return pieces
}

describe('readTableRows', () => {
  it('gives all rows in order, in pieces of the length asked for', async () => {
    const tables = { features, logits }
    const [whole] = await read({ tables, labels })
    expect(whole).toEqual([
      ...Array.from({ length: 21 }, (_, k) => k / 2),
      ...Array.from({ length: 14 }, (_, k) => -k),
      ...[1, 0, 1, 0, 1, 0, 0],
    ])
    const pieces = await read({ tables, labels, rows: 3 })
    expect(pieces.map((piece) => piece.length)).toEqual([18, 18, 6])
    expect(pieces[2]).toEqual([9, 9.5, 10, -12, -13, 0])
  })

  it('refuses files that differ in rows, are not there, and rows that are not > 0', async () => {
    const short = file('short', Int32Array.of(1, 0))
    await expect(read({ tables: { features, logits }, labels: short })).rejects.toThrow(
      `${short} must have as many rows of 1 numbers as ${features.path}, 7, got 2`,
    )
    await expect(read({ tables: { features: { ...features, columns: 4 }, logits }, labels })).rejects.toThrow(
      '5.25, got 7',
    )
    await expect(read({ tables: { features, logits }, labels: join(folder, 'none') })).rejects.toThrow(
      /readTableRows: .*none must be a readable file, got ENOENT/,
    )
    await expect(read({ tables: { features, logits }, labels, rows: 0 })).rejects.toThrow('rows must be')
  })
})
