import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { multiLabel, regression } from '@kd/core'
import { needs } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { digitsChecksum } from './digits-data.js'
import { digits } from './load-digits.js'

const original = '/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz'

/** Pixels and label of every digit by id, from both splits. */
async function digitsById(): Promise<number[][]> {
  const { train, test } = await digits()
  const rows: number[][] = []
  for (const { inputs, labels, ids } of [train, test!]) {
    for (const [row, id] of ids.entries())
      rows[id] = [...inputs.subarray(row * 64, row * 64 + 64), labels[row]!]
  }
  return rows
}

describe('digits', () => {
  it('unpacks to the bytes whose checksum the generator wrote', async () => {
    const rows = await digitsById()
    expect(rows.length).toBe(1797)
    const columns = Uint8Array.from(
      { length: 1797 * 65 },
      (_, index) => rows[index % 1797]![Math.floor(index / 1797)]!,
    )
    expect(createHash('sha256').update(columns).digest('hex')).toBe(digitsChecksum)
    expect(digitsChecksum).toBe('ac9fdfe258aefd68bbcff8fd47e4f51466aa6edad18827c191d2c41d9d188f6e')
  })

  it(
    "equals scikit-learn's file row by row",
    needs(existsSync(original), 'scikit-learn (Debian: apt-get install python3-sklearn)'),
    async () => {
      const lines = gunzipSync(readFileSync(original)).toString().trim().split('\n')
      expect(await digitsById()).toEqual(lines.map((line) => line.split(',').map(Number)))
    },
  )

  it('has the documented split, the same one for ever', async () => {
    const { train, test, inputShape } = await digits()
    expect([train.labels.length, test?.labels.length, inputShape]).toEqual([1437, 360, [8, 8, 1]])
    const counts = (labels: Int32Array): number[] => {
      const found = new Array<number>(10).fill(0)
      for (const label of labels) found[label]! += 1
      return found
    }
    // 360 N_c / 1797 is 35.66 36.46 35.46 36.66 36.26 36.46 36.26 35.86 34.86 36.06: the five largest remainders go up.
    expect(counts(test!.labels)).toEqual([36, 37, 35, 37, 36, 36, 36, 36, 35, 36])
    expect(new Set([...train.ids, ...test!.ids]).size).toBe(1797)
    expect(createHash('sha256').update(test!.ids).digest('hex')).toBe(
      '7ca7f1e09f24a2ea1b735be028c6497f13a1cbca40ad5457e8759e54fa8454ce',
    )
  })

  it('is normalised by the mean and deviation of its own pixels', async () => {
    const pixels = (await digitsById()).flatMap((row) => row.slice(0, 64))
    const { mean, standardDeviation } = (await digits()).normalization
    const average = pixels.reduce((sum, value) => sum + value, 0) / pixels.length
    const variance = pixels.reduce((sum, value) => sum + (value - average) ** 2, 0) / pixels.length
    expect(mean[0]).toBeCloseTo(average, 4)
    expect(standardDeviation[0]).toBeCloseTo(Math.sqrt(variance), 4)
  })

  it('have the same split with every kind of labels, worked out from digit and pixels', async () => {
    const { train, test } = await digits()
    const some = await digits({}, { task: multiLabel })
    const inks = await digits({}, { task: regression })
    expect([some.classNames, some.task?.name, inks.classNames, inks.task?.outputShape]).toEqual([
      ['even', 'prime', 'loop'],
      'multi-label',
      ['ink'],
      [1],
    ])
    const flags: Readonly<Record<number, readonly number[]>> = {
      0: [1, 0, 1],
      1: [0, 0, 0],
      2: [1, 1, 0],
      3: [0, 1, 0],
      4: [1, 0, 0],
      5: [0, 1, 0],
      6: [1, 0, 1],
      7: [0, 1, 0],
      8: [1, 0, 1],
      9: [0, 0, 1],
    }
    for (const split of ['train', 'test'] as const) {
      const plain = split === 'train' ? train : test!
      expect(some[split]!.ids).toEqual(plain.ids)
      expect([...some[split]!.labels]).toEqual([...plain.labels].flatMap((digit) => flags[digit]!))
      for (const [row, ink] of inks[split]!.labels.entries()) {
        const pixels = [...plain.inputs.subarray(row * 64, row * 64 + 64)]
        expect(ink).toBeCloseTo(pixels.reduce((sum, pixel) => sum + pixel, 0) / 1024, 6)
      }
    }
  })
})
