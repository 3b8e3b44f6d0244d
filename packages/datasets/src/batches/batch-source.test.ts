import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryBatches, randomSource, type BatchSource, type Dataset, type TrainingBatch } from '@kd/core'
import type { Augmentation } from './augmentation.js'
import { batchSource } from './batch-source.js'
import { createBatchSource } from './create-batch-source.js'
import { imageNormalization } from '../image-folder/image-normalization.js'

const nowhere = new URL('file:///no/such/worker.js')
let folder: string
let workerFile: URL

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-batches-'))
  const outfile = join(folder, 'batch-worker.mjs')
  const entry = fileURLToPath(new URL('./batch-worker.ts', import.meta.url))
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  workerFile = pathToFileURL(outfile)
})
afterAll(() => rm(folder, { recursive: true }))

/** Images of 4 x 5 x 2 whose bytes tell row, place and channel apart; ids are 10 * row. */
function images(count: number): Dataset {
  const rows = Int32Array.from({ length: count }, (_, row) => row)
  return {
    name: 'made',
    inputShape: [4, 5, 2],
    classNames: ['a', 'b', 'c'],
    normalization: { mean: [10, 20], standardDeviation: [2, 4] },
    train: {
      inputs: Uint8Array.from(
        { length: count * 40 },
        (_, index) => (index * 7 + Math.floor(index / 40)) % 256,
      ),
      labels: rows.map((row) => row % 3),
      ids: rows.map((row) => 10 * row),
    },
  }
}

async function take(source: BatchSource, epoch = 0, batchSize = 8, seed = 1): Promise<TrainingBatch[]> {
  const batches: TrainingBatch[] = []
  for await (const batch of source.batches({ epoch, batchSize, random: randomSource(seed) }))
    batches.push(batch)
  return batches
}
const inline = (dataset: Dataset, augmentation: Augmentation = {}): BatchSource =>
  createBatchSource(dataset, { augmentation }, nowhere)

const everything: Augmentation = {
  crop: { padding: 2 },
  flip: true,
  cutout: { size: 3 },
  mixup: { alpha: 0.7 },
}

/** What an example looks like without augmentation, [h][w][c] normalised, computed plainly. */
function pixelsOf(dataset: Dataset, row: number): number[][][] {
  const { mean, standardDeviation } = dataset.normalization
  return [0, 1, 2, 3].map((y) =>
    [0, 1, 2, 3, 4].map((x) =>
      [0, 1].map(
        (c) => (dataset.train.inputs[row * 40 + y * 10 + x * 2 + c]! - mean[c]!) / standardDeviation[c]!,
      ),
    ),
  )
}
const round = (values: Iterable<number>): number[] => [...values].map((value) => Math.fround(value))

describe('batchSource', () => {
  it.each<[string, Augmentation]>([
    ['without augmentation', {}],
    ['with flip', { flip: true }],
  ])('gives every example once, %s, with its label and id', async (_, augmentation) => {
    const dataset = images(21)
    const batches = await take(inline(dataset, augmentation))
    expect(batches.map(({ labels }) => labels.length)).toEqual([8, 8, 5])
    const rows = batches.flatMap((batch) => [...batch.rows])
    expect([...rows].sort((a, b) => a - b)).toEqual([...dataset.train.labels.keys()])
    expect(rows).not.toEqual([...rows].sort((a, b) => a - b))
    for (const { rows, labels, ids, inputs, mixup } of batches) {
      expect([...labels]).toEqual([...rows].map((row) => row % 3))
      expect([...ids]).toEqual([...rows].map((row) => 10 * row))
      expect(inputs.length).toBe(rows.length * 40)
      expect(mixup).toBeUndefined()
    }
  })

  it('normalises by channel, bytes and floats alike', async () => {
    const dataset = images(9)
    const floats = {
      ...dataset,
      train: { ...dataset.train, inputs: Float32Array.from(dataset.train.inputs) },
    }
    for (const made of [dataset, floats]) {
      for (const { rows, inputs } of await take(inline(made), 0, 4)) {
        expect([...inputs]).toEqual(round([...rows].flatMap((row) => pixelsOf(dataset, row).flat(2))))
      }
    }
  })

  // The training loop's default source and `evaluate` normalise in @kd/core, by another formula.
  it.each([
    ['MNIST', imageNormalization([0.1307], [0.3081])],
    ['Fashion-MNIST', imageNormalization([0.286], [0.353])],
    ['CIFAR-10', imageNormalization([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])],
    ['CIFAR-100', imageNormalization([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762])],
    ['ImageNet', imageNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])],
    ['digits', { mean: [4.8842], standardDeviation: [6.0168] }],
  ])('gives the batches of memoryBatches to the bit for bytes of %s', async (_, normalization) => {
    const channels = normalization.mean.length
    const labels = Int32Array.from({ length: 256 }, (_, row) => row % 2)
    const dataset: Dataset = {
      name: 'every byte in every channel',
      inputShape: [1, 1, channels],
      classNames: ['a', 'b'],
      normalization,
      train: {
        inputs: Uint8Array.from({ length: 256 * channels }, (_, index) => Math.floor(index / channels)),
        labels,
        ids: Int32Array.from(labels.keys()),
      },
    }
    expect(await take(inline(dataset), 1, 100)).toEqual(await take(memoryBatches(dataset), 1, 100))
  })

  it('gives the batches of memoryBatches for floats but for rounding', async () => {
    const { train, ...rest } = images(40)
    const random = randomSource(5)
    const floats = Float32Array.from(train.inputs, () => 10 + 3 * random.normal())
    const dataset: Dataset = { ...rest, train: { ...train, inputs: floats } }
    const expected = await take(memoryBatches(dataset))
    for (const [index, { inputs, ...batch }] of (await take(inline(dataset))).entries()) {
      const { inputs: others, ...other } = expected[index]!
      expect(batch).toEqual(other)
      for (const [place, value] of inputs.entries())
        expect(Math.abs(value - others[place]!)).toBeLessThan(1e-6)
    }
  })

  it('spreads one mean over all channels, and reads tables', async () => {
    const table: Dataset = {
      ...images(2),
      inputShape: [3],
      normalization: { mean: [1], standardDeviation: [2] },
      train: {
        inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
        labels: Int32Array.of(0, 1),
        ids: Int32Array.of(0, 1),
      },
    }
    const [batch] = await take(inline(table), 0, 2)
    expect([...batch!.inputs]).toEqual(
      batch!.rows[0] === 0 ? [0, 0.5, 1, 1.5, 2, 2.5] : [1.5, 2, 2.5, 0, 0.5, 1],
    )
    const [mixed] = await take(inline(table, { mixup: { alpha: 1 } }), 0, 2)
    expect(mixed!.mixup?.ratio).toBeGreaterThan(0)
  })

  it('says whether inputs change between epochs', () => {
    expect(inline(images(4)).augments).toBe(false)
    expect(inline(images(4), { flip: false }).augments).toBe(false)
    expect(inline(images(4), { flip: true }).augments).toBe(true)
    expect(inline(images(4), { mixup: { alpha: 1 } }).augments).toBe(true)
  })

  it('makes an epoch depend on seed and epoch only', async () => {
    const source = inline(images(30), everything)
    const third = await take(source, 3)
    expect(await take(source, 2)).not.toEqual(third)
    expect(await take(inline(images(30), everything), 3)).toEqual(third)
    expect(await take(source, 3, 8, 2)).not.toEqual(third)
    const order = async (epoch: number) =>
      (await take(inline(images(30)), epoch)).flatMap(({ rows }) => [...rows])
    expect(await order(0)).not.toEqual(await order(1))
  })

  it('crops by shifting and filling with raw 0, normalised', async () => {
    const dataset = images(60)
    const shifts = new Map<string, number>()
    for (const { rows, inputs } of await take(inline(dataset, { crop: { padding: 1 } }), 0, 60)) {
      for (const [index, row] of rows.entries()) {
        const pixels = pixelsOf(dataset, row)
        const found = [...inputs.subarray(index * 40, index * 40 + 40)]
        const matching = [-1, 0, 1].flatMap((dy) =>
          [-1, 0, 1]
            .filter((dx) => {
              const shifted = pixels.flatMap((line, y) =>
                line.flatMap((_, x) => pixels[y + dy]?.[x + dx] ?? [(0 - 10) / 2, (0 - 20) / 4]),
              )
              return round(shifted).every((value, place) => value === found[place])
            })
            .map((dx) => `${dy} ${dx}`),
        )
        expect(matching.length).toBe(1)
        shifts.set(matching[0]!, (shifts.get(matching[0]!) ?? 0) + 1)
      }
    }
    expect(shifts.size).toBe(9)
  })

  it('flips about half of the images left to right, after the crop', async () => {
    const dataset = images(200)
    let flipped = 0
    for (const { rows, inputs } of await take(inline(dataset, { flip: true }), 0, 200)) {
      for (const [index, row] of rows.entries()) {
        const found = [...inputs.subarray(index * 40, index * 40 + 40)]
        const mirrored = round(pixelsOf(dataset, row).flatMap((line) => [...line].reverse().flat()))
        const isMirrored = mirrored.every((value, place) => value === found[place])
        if (!isMirrored) expect(found).toEqual(round(pixelsOf(dataset, row).flat(2)))
        if (isMirrored) flipped++
      }
    }
    // Binomial(200, 1/2): deviation 7.1.
    expect(Math.abs(flipped - 100)).toBeLessThan(30)
  })

  it('clears one square, cut at the border, to 0', async () => {
    // With these means no pixel is 0 by itself.
    const dataset = { ...images(300), normalization: { mean: [10.5, 20.5], standardDeviation: [2, 4] } }
    const squares = new Set<string>()
    for (const { rows, inputs } of await take(inline(dataset, { cutout: { size: 3 } }), 0, 300)) {
      for (const [index, row] of rows.entries()) {
        const found = inputs.subarray(index * 40, index * 40 + 40)
        const cleared = [...found.keys()].filter((place) => found[place] === 0)
        const ys = cleared.map((place) => Math.floor(place / 10))
        const xs = cleared.map((place) => Math.floor((place % 10) / 2))
        const [top, bottom, left, right] = [
          Math.min(...ys),
          Math.max(...ys),
          Math.min(...xs),
          Math.max(...xs),
        ]
        squares.add([top, bottom, left, right].join())
        const expected = pixelsOf(dataset, row).map((line, y) =>
          line.map((pixel, x) => (y >= top && y <= bottom && x >= left && x <= right ? [0, 0] : pixel)),
        )
        expect([...found]).toEqual(round(expected.flat(2)))
      }
    }
    // Around 4 x 5 middles, three rows and columns cut at the border: every middle gives another square.
    const around = (middle: number, size: number): string =>
      [Math.max(0, middle - 1), Math.min(size - 1, middle + 1)].join()
    const wanted = [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3, 4].map((x) => `${around(y, 4)},${around(x, 5)}`))
    expect([...squares].sort()).toEqual(wanted.sort())
  })

  it('mixes inputs and says with which labels, in which ratio', async () => {
    const dataset = images(40)
    for (const { rows, inputs, labels, mixup } of await take(
      inline(dataset, { mixup: { alpha: 1 } }),
      0,
      20,
    )) {
      const { ratio, secondLabels } = mixup!
      expect(ratio).toBeGreaterThan(0)
      expect(ratio).toBeLessThan(1)
      const partners = new Set<number>()
      for (const [index, row] of rows.entries()) {
        const own = pixelsOf(dataset, row).flat(2)
        const found = inputs.subarray(index * 40, index * 40 + 40)
        const partner = [...rows.keys()].filter((other) => {
          const second = pixelsOf(dataset, rows[other]!).flat(2)
          return own.every(
            (value, place) => Math.abs(ratio * value + (1 - ratio) * second[place]! - found[place]!) < 1e-4,
          )
        })
        expect(partner.length).toBe(1)
        expect(secondLabels[index]).toBe(labels[partner[0]!])
        partners.add(partner[0]!)
      }
      expect(partners.size).toBe(20)
    }
  })

  it.each<[string, () => unknown, string]>([
    [
      'a crop of a table',
      () =>
        inline(
          { ...images(2), inputShape: [40], normalization: { mean: [0], standardDeviation: [1] } },
          { crop: { padding: 1 } },
        ),
      'crop, flip and cutout need inputs of [height, width, channels], got [40]',
    ],
    [
      'padding 0',
      () => inline(images(2), { crop: { padding: 0 } }),
      'batchSource: crop.padding must be a whole number >= 1, got 0',
    ],
    [
      'a broken size',
      () => inline(images(2), { cutout: { size: 1.5 } }),
      'batchSource: cutout.size must be a whole number >= 1, got 1.5',
    ],
    [
      'alpha 0',
      () => inline(images(2), { mixup: { alpha: 0 } }),
      'batchSource: mixup.alpha must be a finite number > 0, got 0',
    ],
    [
      'ahead 0',
      () => batchSource(images(2), { ahead: 0 }),
      'batchSource: ahead must be a whole number >= 1, got 0',
    ],
    [
      'an unsound data set',
      () => inline({ ...images(2), classNames: ['a', 'b'].slice(1) }),
      'batchSource: classNames must have',
    ],
  ])('rejects %s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  it.each([0, 31, 2.5])('rejects a batch size of %d for 30 examples', async (batchSize) => {
    await expect(take(inline(images(30)), 0, batchSize)).rejects.toThrow(
      `batchSource: batchSize must be a whole number from 1 to the 30 training examples, got ${batchSize}`,
    )
  })
})

describe('batchSource with a thread', () => {
  const threaded = (dataset: Dataset, augmentation: Augmentation, ahead = 4): BatchSource =>
    createBatchSource(dataset, { augmentation, ahead }, workerFile)

  it.each([1, 4])('makes the batches that this thread makes, %d ahead', async (ahead) => {
    const floats = {
      ...images(50),
      train: { ...images(50).train, inputs: Float32Array.from(images(50).train.inputs) },
    }
    for (const dataset of [images(50), floats]) {
      const source = threaded(dataset, everything, ahead)
      expect(await take(source, 5)).toEqual(await take(inline(dataset, everything), 5))
      expect(await take(source, 6)).toEqual(await take(inline(dataset, everything), 6))
      await source.close?.()
    }
  })

  it('goes on after an epoch that was left early, and after close', async () => {
    const source = threaded(images(50), everything)
    for await (const batch of source.batches({ epoch: 0, batchSize: 4, random: randomSource(1) })) {
      expect(batch.labels.length).toBe(4)
      break
    }
    const wanted = await take(inline(images(50), everything), 1)
    expect(await take(source, 1)).toEqual(wanted)
    await source.close?.()
    expect(await take(source, 1)).toEqual(wanted)
    await source.close?.()
  })

  it('hands an error in the thread to whoever takes batches', async () => {
    const broken = join(folder, 'broken.mjs')
    await writeFile(
      broken,
      "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => { throw new Error('no memory') })",
    )
    const source = createBatchSource(images(50), { augmentation: everything }, pathToFileURL(broken))
    await expect(take(source)).rejects.toThrow('batchSource: the batch thread must not fail, got: no memory')
    await expect(take(source)).rejects.toThrow('no memory')
    await source.close?.()
  })

  it('ends an epoch with an error when it is closed meanwhile', async () => {
    const source = threaded(images(50), everything, 1)
    const taking = (async () => {
      for await (const batch of source.batches({ epoch: 0, batchSize: 1, random: randomSource(1) })) {
        if (batch.labels.length > 0) await source.close?.()
      }
    })()
    await expect(taking).rejects.toThrow(
      'batchSource: the batch thread must stay open until the last batch, got closed',
    )
  })

  it.each([
    ['waits for a batch that is awaited', 'console.log((await maker.start(plan).take()).length)', '2\n'],
    ['lets the program end when nobody waits', 'maker.start(plan)', ''],
  ])('%s', async (_, use, expected) => {
    const program = join(folder, 'program.mjs')
    const slow = join(folder, 'slow.mjs')
    await writeFile(
      slow,
      `import { parentPort } from 'node:worker_threads'
       parentPort.on('message', ({ id }) => setTimeout(() => parentPort.postMessage({ id, inputs: [1, 2] }), 500))`,
    )
    await build({
      stdin: {
        contents: `
          import { threadedMaker } from './threaded-maker.ts'
          const source = { inputs: new Uint8Array(8), height: 1, width: 1, channels: 1, mean: [0], standardDeviation: [1], cutoutSize: 0 }
          const maker = threadedMaker(source, new URL(${JSON.stringify(pathToFileURL(slow).href)}))
          const plan = { rows: Int32Array.of(1, 2) }
          ${use}`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['@kd/source', 'module'],
      logLevel: 'error',
    })
    const { stdout, status, stderr } = spawnSync(process.execPath, [program], {
      timeout: 20_000,
      encoding: 'utf8',
    })
    expect({ stdout, status, stderr }).toEqual({ stdout: expected, status: 0, stderr: '' })
  })
})
