import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTarGzip } from 'nanotar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cifar100Names, unpackCifar } from './load-cifar.js'
import { parseCifar } from './parse-cifar.js'
import { loadDataset } from '../load-dataset.js'

/** A record whose red, green and blue planes start with 10, 20, 30 and end with 11, 21, 31. */
function record(...labels: number[]): number[] {
  const plane = (first: number): number[] => [first, ...new Array<number>(1022).fill(0), first + 1]
  return [...labels, ...plane(10), ...plane(20), ...plane(30)]
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-cifar-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function writeCifar10(into: string): Promise<void> {
  for (const [index, name] of [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).entries()) {
    await writeFile(join(into, name), new Uint8Array([...record(index), ...record(9)]))
  }
  await writeFile(join(into, 'test_batch.bin'), new Uint8Array(record(3)))
}

describe("loadDataset({ name: 'cifar10' })", () => {
  it('reads the batches in order, channels last', async () => {
    await writeCifar10(folder)
    const { train, test, inputShape } = await loadDataset({ name: 'cifar10', path: folder })
    expect(inputShape).toEqual([32, 32, 3])
    expect([...train.labels]).toEqual([0, 9, 1, 9, 2, 9, 3, 9, 4, 9])
    expect([...train.ids]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const second = train.inputs.subarray(3072, 2 * 3072)
    expect([...second.subarray(0, 3), ...second.subarray(-3)]).toEqual([10, 20, 30, 11, 21, 31])
    expect([...test!.labels]).toEqual([3])
  })

  it("finds the archive's own folder, and names what is missing", async () => {
    await mkdir(join(folder, 'cifar-10-batches-bin'))
    await writeCifar10(join(folder, 'cifar-10-batches-bin'))
    expect((await loadDataset({ name: 'cifar10', path: folder })).train.labels.length).toBe(10)
    await rm(join(folder, 'cifar-10-batches-bin', 'data_batch_4.bin'))
    await expect(loadDataset({ name: 'cifar10', path: folder })).rejects.toThrow(
      /data_batch_4\.bin.*got no complete folder/,
    )
  })

  it('reads the fine labels of CIFAR-100', async () => {
    await writeFile(join(folder, 'train.bin'), new Uint8Array([...record(19, 99), ...record(0, 5)]))
    await writeFile(join(folder, 'test.bin'), new Uint8Array(record(0, 50)))
    const { train, test, classNames } = await loadDataset({ name: 'cifar100', path: folder })
    expect([...train.labels, ...test!.labels]).toEqual([99, 5, 50])
    expect([...train.inputs.subarray(0, 3)]).toEqual([10, 20, 30])
    expect(classNames).toBe(cifar100Names)
  })

  it('has 100 different sorted names', () => {
    expect(new Set(cifar100Names).size).toBe(100)
    expect([...cifar100Names].sort()).toEqual(cifar100Names)
  })
})

describe('parseCifar', () => {
  it.each<[string, number[], string]>([
    [
      'a truncated file',
      record(1).slice(0, -1),
      'parseCifar: a.bin must be a whole number of records of 3073 bytes, got 3072',
    ],
    ['an empty file', [], 'got 0 bytes'],
    [
      'a label out of range',
      [...record(1), ...record(10)],
      'a.bin must have labels in [0, 10), got 10 in record 1',
    ],
  ])('rejects %s', (_, bytes, message) => {
    expect(() => parseCifar([{ name: 'a.bin', bytes: new Uint8Array(bytes) }], 'cifar10')).toThrow(message)
  })
})

describe('unpackCifar', () => {
  it('writes the wanted files and removes the archive', async () => {
    const archive = join(folder, 'cifar-100-binary.tar.gz')
    const train = new Uint8Array(record(0, 7))
    const files = [
      { name: 'cifar-100-binary/readme.html', data: 'no' },
      { name: 'cifar-100-binary/train.bin', data: train },
      { name: '../test.bin', data: train },
    ]
    await writeFile(archive, await createTarGzip(files))
    await unpackCifar(archive, ['train.bin', 'test.bin'])
    expect((await readdir(folder)).sort()).toEqual(['test.bin', 'train.bin'])
    expect([...(await loadDataset({ name: 'cifar100', path: folder })).train.labels]).toEqual([7])
  })

  it('rejects an archive of something else and keeps it', async () => {
    const archive = join(folder, 'cifar-10-binary.tar.gz')
    await writeFile(archive, await createTarGzip([{ name: 'a', data: 'b' }]))
    await expect(unpackCifar(archive, ['test_batch.bin'])).rejects.toThrow('must contain test_batch.bin')
    expect(await readdir(folder)).toEqual(['cifar-10-binary.tar.gz'])
  })
})
