import { readSafetensors, writeSafetensors } from '@kd/models'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needs } from '@kd/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runKd } from './testing/run-kd.js'

let folder: string
let config: string

const text = `dataset: { name: digits, take: { train: 100 } }
teachers:
  - { model: { name: mlp, hiddenUnits: [8] }, training: { epochs: 1 } }
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: vanilla-kd }
training: { epochs: 1 }
engine: cpu
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-bad-'))
  config = join(folder, 'c.yaml')
  await writeFile(config, text)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs and expects one line on what went wrong. */
async function failure(exitCode: number, ...words: string[]): Promise<string> {
  const run = await runKd(words)
  const errors = run.err.split('\n').filter((line) => line.startsWith('error '))
  expect(errors, run.err).toHaveLength(1)
  expect(run.exitCode).toBe(exitCode)
  expect(run.out).toBe('')
  return errors[0]!
}

const distill = (...words: string[]): Promise<string> =>
  failure(1, 'distill', config, '--out', join(folder, 'out'), '--force', ...words)

describe('numbers that are too large', () => {
  const plugin = `export default {
    datasets: { huge: () => ({ inputs: new Float32Array(1e12) }) },
    models: { huge: () => { throw new RangeError('Array buffer allocation failed') } },
  }`

  it.each([
    [
      'dataset={name: blobs, examples: 1.0e+12}',
      'makeBlobs: examples times features must be at most 536870912',
    ],
    ['dataset={name: blobs, features: 1000000000}', 'makeBlobs: examples times features must be at most'],
    ['dataset={name: spiral, classes: 1000000000}', 'makeSpiral: examples times features must be at most'],
    [
      'dataset={name: classification, classes: 1000000000}',
      'makeClassification: classes must be at most the n',
    ],
    ['student.model.hiddenUnits=[1000000000]', 'student.model must have at most 536870912 numbers'],
    ['teachers.0.model.hiddenUnits=[1000000000]', 'teachers.0.model must have at most 536870912 numbers'],
    [
      'student.model={name: cifar-resnet, depth: 6000002}',
      'got more at the weight kernel of the shape [3,3,',
    ],
  ])(
    '%s',
    async (override, message) => {
      expect(await distill(override)).toContain(message)
    },
    30_000,
  )

  it('in a plugin', async () => {
    const file = join(folder, 'huge.mjs')
    await writeFile(file, plugin)
    expect(await distill(`plugin=${file}`, 'dataset={ name: huge, images: 1000000000000 }')).toContain(
      'error what the config asks for must fit into memory, got: Invalid typed array length: 1000000000000; ' +
        'its largest numbers are dataset.images=1000000000000',
    )
    expect(await distill(`plugin=${file}`, 'student.model={ name: huge, width: 1000000 }')).toContain(
      'got: Array buffer allocation failed; its largest numbers are student.model.width=1000000',
    )
  })
})

describe('bad data', () => {
  it('missing files', async () => {
    const empty = join(folder, 'empty')
    await mkdir(empty)
    const message = await distill(`dataset={name: cifar10, path: ${empty}}`)
    expect(message).toContain(empty)
    expect(message).toContain('set path to the folder of the binary version, or download: true')
  })

  it('a download that fails', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new Error('no network in this test')))
    const message = await distill(`dataset={name: mnist, path: ${join(folder, 'fetched')}, download: true}`)
    vi.unstubAllGlobals()
    expect(message).toMatch(/https?:/)
    expect(message).not.toContain('onProgress')
  })

  it('a truncated file', async () => {
    const path = join(folder, 'cifar')
    await mkdir(path)
    for (const name of [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`).concat('test_batch.bin')) {
      await writeFile(join(path, name), new Uint8Array(3073 * 2 - 5))
    }
    expect(await distill(`dataset={name: cifar10, path: ${path}}`)).toContain(join(path, 'data_batch_1.bin'))
  })

  it('a wrong magic number', async () => {
    const path = join(folder, 'mnist')
    await mkdir(path)
    for (const name of ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']) {
      await writeFile(join(path, `${name}-ubyte`), 'not IDX at all')
    }
    expect(await distill(`dataset={name: mnist, path: ${path}}`)).toContain(
      join(path, 'train-images-idx3-ubyte'),
    )
  })

  it('a value that is no number', async () => {
    const path = join(folder, 'nan.csv')
    await writeFile(path, `x,y,label\n${'1,2,a\n3,4,b\n'.repeat(20)}1,NaN,b\n`)
    expect(await distill(`dataset={name: csv, path: ${path}, label: label}`)).toMatch(/NaN/)
  })

  it('a label out of range', async () => {
    const path = join(folder, 'labels.bin')
    await writeFile(path, new Uint8Array(1797).fill(11))
    expect(await distill(`dataset.labelNoise={kind: file, path: ${path}}`)).toMatch(/11/)
  })

  it('a file of labels for another number of examples than the data come from', async () => {
    const path = join(folder, 'labels.bin')
    for (const count of [1796, 1798]) {
      await writeFile(path, new Uint8Array(count))
      expect(await distill(`dataset.labelNoise={kind: file, path: ${path}}`)).toContain(
        `must have one byte for each of 1797 examples, got ${count} bytes`,
      )
    }
  })

  it('a device, which never ends', async () => {
    expect(await distill('dataset={name: csv, path: /dev/zero, label: label}')).toContain(
      '/dev/zero must be a readable file, got a device, pipe or socket',
    )
  })
})

describe('parts that do not fit', () => {
  it('a batch larger than the data', async () => {
    expect(await distill('training.batchSize=101')).toContain(
      'batchSize must be at most the 100 training examples, got 101',
    )
  })

  it('a teacher with another class count', async () => {
    const table = join(folder, 'table.csv')
    await writeFile(table, `x,y,label\n${'1,2,a\n3,4,b\n5,6,c\n'.repeat(30)}`)
    const teacher = join(folder, 'three-classes')
    const made = await runKd([
      'train', config, `dataset={name: csv, path: ${table}, label: label}`, 'training.batchSize=8', '--out', teacher,
    ]) // prettier-ignore
    expect(made.err).not.toContain('error')
    const message = await distill(`teachers=[{run: ${teacher}}]`, 'dataset={name: spiral, classes: 4}')
    expect(message).toContain(
      `teacher 1 (${teacher}) and spiral must have the same classes, got a, b, c in the run and 0, 1, 2, 3 in the data; use data`,
    )
    const blobs = 'dataset={name: blobs, examples: 90, standardDeviations: [1, 1, 1]}'
    const wide = join(folder, 'wide')
    await runKd(['train', config, blobs, 'dataset.features=3', '--out', wide])
    expect(await distill(`teachers=[{run: ${wide}}]`, blobs)).toContain(
      `teacher 1 (${wide}) must take inputs [2] and give 3 classes for blobs, got inputs [3] and 3 classes; use a model`,
    )
  })

  it('weights of another model, or no weights at all', async () => {
    const weights = join(folder, 'mlp.safetensors')
    await writeFile(weights, writeSafetensors(new Map()))
    expect(await distill(`student.weights=${weights}`)).toContain(`${weights}: loadModelTensors`)
    await writeFile(weights, new Uint8Array([255, 255, 255, 255, 255, 255, 255, 127, 123]))
    expect(await distill(`student.weights=${weights}`)).toContain(`${weights}: readSafetensors`)
    expect(await distill(`student.weights=${folder}/none`)).toContain(
      `cannot read ${folder}/none: no such file`,
    )
  })

  it('a student cut short', async () => {
    const run = join(folder, 'whole')
    expect((await runKd(['distill', config, '--out', run])).exitCode).toBe(0)
    const cut = join(folder, 'cut')
    await cp(run, cut, { recursive: true })
    const bytes = await readFile(join(cut, 'student/weights.bin'))
    await writeFile(join(cut, 'student/weights.bin'), bytes.subarray(0, 100))
    expect(await failure(1, 'evaluate', cut)).toContain(
      'must be a TensorFlow.js layers model with its weights.bin',
    )
    await writeFile(join(cut, 'student/model.json'), '{"modelTopology":')
    expect(await failure(1, 'evaluate', cut)).toContain(join(cut, 'student/model.json'))
    // The other form of the same student holds the same weights.
    const tensors = readSafetensors(await readFile(join(run, 'student/student.safetensors')))
    expect([...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0)).toBe(bytes.length)
  })
})

describe('bad usage', () => {
  it.each([
    [['distil', 'x']],
    [['evaluate', 'x', '--limit', '0']],
    [['distill', 'x', '--engine', 'cuda']],
    [['distill', 'x', '--epochs', '3']],
    [['evaluate', 'x', '--split', 'tests']],
    [['list', 'method']],
    [['distill', 'c.yaml', '--speed', '9']],
  ])('%s', async (words) => {
    const run = await runKd(words)
    expect(run.exitCode).toBe(2)
    expect(run.err).toMatch(/^error: /)
  })

  it('a config that is wrong in several places', async () => {
    const bad = join(folder, 'bad.yaml')
    await writeFile(
      bad,
      text.replace('vanilla-kd', 'vanilla-kd, temperature: 0').replace('engine: cpu', 'engin: cpu'),
    )
    const run = await runKd(['distill', bad, '--json'])
    expect(run.exitCode).toBe(2)
    expect(run.err.split('\n')).toEqual([
      `error ${bad}:5:42: method.temperature must be > 0, got 0`,
      expect.stringMatching(
        /^error \S+bad\.yaml:7:1: unknown key engin, did you mean engine\? \(a config has /,
      ),
      '',
    ])
    expect(run.json()).toMatchObject({ exitCode: 2 })
  })

  it('teachers that are too few or not there, before there is a folder', async () => {
    const out = join(folder, 'no-teachers')
    const words = ['distill', config, '--out', out]
    expect(await failure(2, ...words, 'teachers=[]')).toContain('teachers must be at least 1 for vanilla-kd')
    const run = join(folder, 'no-run')
    expect(await failure(1, ...words, `teachers=[{ run: ${run} }]`)).toContain(
      `teachers.0.run must be the folder of a run that has a student, got no ${run}`,
    )
    expect(await failure(1, ...words, 'teachers=[{ model: { name: mlp }, weights: none.st }]')).toContain(
      'teachers.0.weights must be a file, got no',
    )
    expect(existsSync(out)).toBe(false)
  })

  it('says that a method learns from one teacher of several', async () => {
    const teacher = '{ model: { name: mlp, hiddenUnits: [8] }, training: { epochs: 1 } }'
    const out = join(folder, 'first-only')
    const { err } = await runKd(['distill', config, '--out', out, `teachers=[${teacher}, ${teacher}]`])
    expect(err).toContain('vanilla-kd learns from the first teacher only, of 2')
  })

  it('says of a flag where values of a config go', async () => {
    const { err } = await runKd(['distill', config, '--epochs', '3'])
    expect(err).toContain('values of a config are typed without dashes: training.epochs=5')
  })

  it('a run to evaluate that is none', async () => {
    expect(await failure(2, 'evaluate', join(folder, 'nope'))).toContain('got nothing there')
    expect(await failure(2, 'evaluate', folder)).toContain('got a folder without config.yaml')
  })

  it('an engine that does not exist or does not load', async () => {
    const run = await runKd(['distill', config, '--engine', 'abacus'])
    expect(run.err).toContain('Allowed choices are node-gpu, native, node, wasm, cpu, webgpu.')
    expect(run.exitCode).toBe(2)
    expect(await distill('--engine', 'webgpu')).toMatch(/engine webgpu must load, got webgpu: /)
  })

  it('a run that would be overwritten', async () => {
    const out = join(folder, 'kept')
    expect((await runKd(['distill', config, '--out', out])).exitCode).toBe(0)
    const before = await readFile(join(out, 'metrics.jsonl'), 'utf8')
    expect(await failure(2, 'distill', config, '--out', out)).toContain(
      'holds a run already; choose another folder, add --resume to go on with it, or --force',
    )
    expect(await readFile(join(out, 'metrics.jsonl'), 'utf8')).toBe(before)
    expect((await runKd(['distill', config, '--out', out, '--force'])).exitCode).toBe(0)
    expect((await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(2)
    const other = join(folder, 'other')
    await mkdir(other)
    await writeFile(join(other, 'thesis.tex'), 'precious')
    expect(await failure(2, 'distill', config, '--out', other, '--force')).toContain('got other files in it')
  })
})

describe('a place that cannot be written', () => {
  it('a folder without permission', async () => {
    const locked = join(folder, 'locked')
    await mkdir(locked)
    await chmod(locked, 0o500)
    // Permissions do not stop root: a file in the way does.
    const isRoot = process.getuid?.() === 0
    if (isRoot) await writeFile(join(locked, 'run'), '')
    const message = await failure(1, 'distill', config, '--out', join(locked, 'run'))
    expect(message).toMatch(isRoot ? /cannot write \S+run: part of the path is a file/ : /permission denied/)
  })

  it(
    'a full disk',
    needs(
      process.platform === 'linux' && process.getuid?.() === 0,
      'root on Linux (who may mount a small disk)',
    ),
    async () => {
      const disk = join(folder, 'disk')
      await mkdir(disk)
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'tmpfs', disk]).status !== 0) return
      try {
        const message = await failure(1, 'distill', config, '--out', join(disk, 'run'))
        expect(message).toMatch(
          /cannot write \S+: the disk is full \(ENOSPC\); free some space, or choose another folder/,
        )
        expectOnlyWhole((await readdir(join(disk, 'run'), { recursive: true })).join('\n'))
      } finally {
        spawnSync('umount', [disk])
      }
    },
  )
})

function expectOnlyWhole(names: string): void {
  expect(names).not.toContain('.tmp')
  expect(names).not.toContain('model.json')
}
