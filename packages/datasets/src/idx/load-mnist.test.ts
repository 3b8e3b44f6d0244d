import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { needs } from '@kd/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadDataset } from '../load-dataset.js'

const images = (count: number, fill: number[]): Uint8Array =>
  new Uint8Array([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 2, ...fill])
const labels = (...values: number[]): Uint8Array =>
  new Uint8Array([0, 0, 8, 1, 0, 0, 0, values.length, ...values])

let folder: string
const put = (name: string, bytes: Uint8Array): Promise<void> => writeFile(join(folder, name), bytes)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-mnist-'))
  await put('train-images-idx3-ubyte.gz', gzipSync(images(2, [1, 2, 3, 4])))
  await put('train-labels-idx1-ubyte', labels(7, 0))
  await put('t10k-images-idx3-ubyte', images(1, [9, 8]))
  await put('t10k-labels-idx1-ubyte.gz', gzipSync(labels(9)))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

describe("loadDataset({ name: 'mnist' })", () => {
  it('reads both splits, compressed or not', async () => {
    const { train, test, inputShape, normalization } = await loadDataset({ name: 'mnist', path: folder })
    expect([...train.inputs, ...train.labels, ...train.ids]).toEqual([1, 2, 3, 4, 7, 0, 0, 1])
    expect([...test!.inputs, ...test!.labels]).toEqual([9, 8, 9])
    expect(inputShape).toEqual([1, 2, 1])
    expect(normalization.mean).toEqual([0.1307 * 255])
  })

  it('takes another normalization', async () => {
    const normalization = { mean: [0], standardDeviation: [255] }
    expect((await loadDataset({ name: 'mnist', path: folder, normalization })).normalization).toEqual(
      normalization,
    )
  })

  it('finds files in the cache folder', async () => {
    vi.stubEnv('KD_CACHE', join(folder, 'cache'))
    await expect(loadDataset({ name: 'mnist' })).rejects.toThrow(
      `must be in ${join(folder, 'cache', 'mnist')}, got no complete folder\n  set path to their folder, or download: true`,
    )
    vi.stubEnv('KD_CACHE', folder)
    const { mkdir, rename, readdir } = await import('node:fs/promises')
    const names = await readdir(folder)
    await mkdir(join(folder, 'mnist'))
    for (const name of names) await rename(join(folder, name), join(folder, 'mnist', name))
    expect((await loadDataset({ name: 'mnist' })).train.labels.length).toBe(2)
  })

  it.each<[string, string, Uint8Array, string]>([
    [
      'labels of another count',
      'train-labels-idx1-ubyte',
      labels(1, 2, 3),
      'must have a label for each of the 2 images',
    ],
    [
      'labels out of range',
      'train-labels-idx1-ubyte',
      labels(1, 10),
      'must have labels in [0, 10), got 10 for example 1',
    ],
    ['labels for images', 't10k-images-idx3-ubyte', labels(1), 'must have 3 axes, got [1]'],
    [
      'truncated gzip',
      'train-images-idx3-ubyte.gz',
      gzipSync(images(2, [1, 2, 3, 4])).subarray(0, 25),
      'must be whole gzip data',
    ],
    ['an empty split', 'train-labels-idx1-ubyte', new Uint8Array(), 'must start with the bytes 0 0 8'],
  ])('rejects %s and names the file', async (_, name, bytes, message) => {
    await put(name, bytes)
    const loading = loadDataset({ name: 'mnist', path: folder })
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toThrow(join(folder, name))
  })

  it('never downloads unasked, and never silently', async () => {
    await rm(join(folder, 't10k-images-idx3-ubyte'))
    await expect(loadDataset({ name: 'mnist', path: folder })).rejects.toThrow('got no complete folder')
    await expect(loadDataset({ name: 'mnist', path: folder, download: true })).rejects.toThrow(
      'loadDataset: onProgress must be given with download, got none',
    )
  })

  it(
    "reads Debian's Fashion-MNIST",
    needs(
      existsSync('/usr/share/datasets/fashion-mnist'),
      'Fashion-MNIST (Debian: apt-get install dataset-fashion-mnist)',
    ),
    async () => {
      const { train, test, classNames, normalization } = await loadDataset({ name: 'fashion-mnist' })
      expect([train.labels.length, test?.labels.length, classNames[9]]).toEqual([
        60_000,
        10_000,
        'Ankle boot',
      ])
      const counts = new Array<number>(10).fill(0)
      for (const label of train.labels) counts[label]! += 1
      expect(counts).toEqual(new Array(10).fill(6000))
      const mean = (train.inputs as Uint8Array).reduce((sum, value) => sum + value, 0) / train.inputs.length
      expect(normalization.mean[0]! / 255).toBeCloseTo(mean / 255, 3)
    },
  )
})
