import { regression } from '@kd/core'
import { imageNormalization, makeSpiral } from '@kd/datasets'
import { describe, expect, it } from 'vitest'
import { datasets, datasetSchema, loadSource, type DatasetEntry } from './datasets.js'

const schema = datasetSchema(datasets)

describe('datasets', () => {
  it('are those of the package', () => {
    expect(Object.keys(datasets).sort()).toEqual([
      'blobs',
      'cifar10',
      'cifar100',
      'classification',
      'csv',
      'digits',
      'fashion-mnist',
      'image-folder',
      'mnist',
      'parquet',
      'spiral',
    ])
  })

  it("keep a generator's seed apart from that of splits", async () => {
    const config = schema.parse({ name: 'spiral', examplesPerClass: 20, seed: 3 })
    expect(config).toMatchObject({ seed: 3, generatorSeed: 42, noise: 0.2, test: 0.1, validation: 0.1 })
    expect(await loadSource(config, datasets, {})).toEqual(makeSpiral({ examplesPerClass: 20 }))
    const other = schema.parse({ name: 'spiral', examplesPerClass: 20, generatorSeed: 5 })
    expect(await loadSource(other, datasets, {})).toEqual(makeSpiral({ examplesPerClass: 20, seed: 5 }))
    expect(schema.safeParse({ name: 'digits', generatorSeed: 5 }).success).toBe(false)
    expect(schema.safeParse({ name: 'digits', test: 0.1 }).success).toBe(false)
  })

  it('take the normalization of pixels in [0, 1] where inputs are bytes', async () => {
    const normalization = { mean: [0.5], standardDeviation: [0.25] }
    const digits = await loadSource(schema.parse({ name: 'digits', normalization }), datasets, {})
    expect(digits.normalization).toEqual(normalization)
    const seen: unknown[] = []
    const bytes: DatasetEntry = Object.assign(
      (options: Readonly<Record<string, unknown>>) => {
        seen.push(options)
        return digits
      },
      { summary: 'bytes', bytes: true },
    )
    const entries = { bytes }
    await loadSource(datasetSchema(entries).parse({ name: 'bytes', side: 3, normalization }), entries, {})
    expect(seen).toEqual([{ side: 3, normalization: imageNormalization([0.5], [0.25]) }])
  })

  it('are told the task', async () => {
    const inks = await loadSource(schema.parse({ name: 'digits' }), datasets, { task: regression })
    expect([inks.task?.name, inks.classNames]).toEqual(['regression', ['ink']])
  })
})
