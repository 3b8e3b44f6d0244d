import { readSafetensors } from '@kd/models'
import { describeOnnx } from '@kd/onnx'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtMain } from '../../testing/built-main.js'
import { startKd } from '../../testing/kd-process.js'
import { runKd } from '../../testing/run-kd.js'
import { runTraining } from '../run-distillation.js'
import { exportRun, type ExportReport, type ExportRunResult } from './export-run.js'

let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-export-'))
  await runTraining(
    {
      dataset: { name: 'digits', validation: 0.1 },
      student: { model: { name: 'small-cnn', widths: [8, 16] } },
      training: { epochs: 8, batchSize: 32, learningRate: 0.05 },
      engine: 'wasm',
    },
    { out: at('run') },
  )
  const rows = Array.from({ length: 200 }, (_, row) => `${row % 20},${row % 7},${(row % 20) * 2 + 1}`)
  await writeFile(at('numbers.csv'), ['a,b,c', ...rows].join('\n'))
  await runTraining(
    {
      dataset: { name: 'csv', path: at('numbers.csv'), label: 'c', validation: 0.2 },
      task: { name: 'regression' },
      student: { model: { name: 'mlp', hiddenUnits: [8] } },
      training: { epochs: 2 },
      engine: 'cpu',
    },
    { out: at('numbers') },
  )
}, 240_000)
afterAll(() => rm(folder, { recursive: true }))

describe('kd export', () => {
  it('writes every form, loads it by its own runtime and prints one table', async () => {
    const { exitCode, out, err, json } = await runKd([
      ...['export', at('run'), '--to', 'onnx', 'tfjs', 'safetensors'],
      ...['--weights', 'float32', 'float16', 'int8', 'int8-static', '--calibration', '100', '--json'],
    ])
    expect(exitCode, err).toBe(0)
    const { exports, student, split } = json() as unknown as ExportRunResult
    expect(split).toBe('test')
    expect(student.figures['top1']).toBeGreaterThan(0.8)
    const named = Object.fromEntries(exports.map((one) => [`${one.format}-${one.weights}`, one]))
    expect(Object.keys(named).join()).toBe(
      'onnx-float32,onnx-float16,onnx-int8,onnx-int8-static,tfjs-float32,tfjs-float16,tfjs-int8,safetensors-float32,safetensors-float16',
    )
    expect((await readdir(at('run-export'))).toSorted()).toEqual(Object.keys(named).toSorted())
    for (const { weights, figures, largestDifference, latency, bytes } of exports) {
      const loss = Math.abs(figures['top1']! - student.figures['top1']!)
      expect(loss).toBeLessThan({ float32: 1e-9, float16: 0.006, int8: 0.02, 'int8-static': 0.05 }[weights])
      expect(largestDifference).toBeLessThan(
        { float32: 1e-4, float16: 0.05, int8: 1, 'int8-static': 6 }[weights],
      )
      expect(latency).toMatchObject({ batchSize: 1, median: expect.any(Number) as number })
      expect(bytes).toBeGreaterThan(1000)
    }
    const bytes = (name: string): number => named[name]!.bytes
    expect(named['onnx-int8']!.largestDifference).toBeGreaterThan(named['onnx-float16']!.largestDifference)
    expect(bytes('onnx-int8-static')).toBeLessThan(bytes('onnx-float32'))
    expect(bytes('tfjs-int8')).toBeLessThan(bytes('tfjs-float16'))
    expect(bytes('safetensors-float16')).toBeLessThan(0.7 * bytes('safetensors-float32'))
    expect(out).not.toContain('undefined')
  })

  it('puts beside each what it is to be given and where it comes from', async () => {
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(at(`run-export/${name}/input.json`), 'utf8'))
    expect(await read('onnx-int8')).toMatchObject({
      task: 'classification',
      shape: [8, 8, 1],
      layout: '[height, width, channels]',
      normalization: { mean: [expect.any(Number)], standardDeviation: [expect.any(Number)] },
      classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      source: { run: 'run', format: 'onnx', weights: 'int8' },
    })
    expect(describeOnnx(await readFile(at('run-export/onnx-float32/student.onnx'))).metadata).toMatchObject({
      source: 'run',
    })
    const tensors = readSafetensors(await readFile(at('run-export/safetensors-float16/student.safetensors')))
    expect([...tensors.values()].every(({ dtype }) => dtype === 'F16')).toBe(true)
  })

  it('prints a table for people', async () => {
    const { out, err } = await runKd(['export', at('run'), '--to', 'tfjs', '--out', at('one')])
    expect(out).toMatch(/^format +weights +size +accuracy +largest difference +ms for one +folder\n/)
    expect(out).toMatch(
      /tfjs +float32 +\d+\.\d kB +\d\d\.\d\d % +0\.0e\+0 +\d+\.\d\d +\S+one\/tfjs-float32\n/,
    )
    expect(out).toContain('compared on 360 test examples of digits')
    expect(err).toContain('checking tfjs-float32')
  })

  it('measures a student of another task, on the validation split where there is no test split', async () => {
    const { split, exports, task } = await exportRun(at('numbers'), {
      to: ['onnx', 'tfjs'],
      weights: ['float32', 'int8'],
    })
    expect([split, task.name]).toEqual(['validation', 'regression'])
    for (const { figures } of exports) expect(figures[task.monitor]).toEqual(expect.any(Number))
    expect(exports.map(({ format, weights }) => `${format} ${weights}`)).toEqual([
      'onnx float32',
      'onnx int8',
      'tfjs float32',
      'tfjs int8',
    ])
  })
})

describe('kd export of what cannot be', () => {
  it.each([
    ['a format', ['--to', 'keras'], '--to must be of onnx, tfjs, safetensors, got keras'],
    [
      'weights',
      ['--to', 'onnx', '--weights', 'int4'],
      '--weights must be of float32, float16, int8, int8-static, got int4',
    ],
    [
      'weights that a format has not',
      ['--to', 'safetensors', '--weights', 'int8'],
      'safetensors must have weights of float32, float16, got int8',
    ],
  ])('refuses %s', async (_, words, message) => {
    const { exitCode, err } = await runKd(['export', at('run'), ...words, '--out', at('none')])
    expect(err).toContain(message)
    expect(exitCode).toBe(2)
    await expect(readdir(at('none'))).rejects.toThrow('ENOENT')
  })

  it('replaces nothing unasked, and never a folder with other files in it', async () => {
    const options = { to: ['safetensors'], out: at('kept') } as const
    const [first] = (await exportRun(at('run'), options)).exports as [ExportReport]
    await expect(exportRun(at('run'), options)).rejects.toThrow('safetensors-float32 is there already')
    await exportRun(at('run'), { ...options, force: true })
    await writeFile(join(first.folder, 'mine.txt'), 'mine')
    await expect(exportRun(at('run'), { ...options, force: true })).rejects.toThrow(
      'nothing else to be replaced, got mine.txt',
    )
    await mkdir(at('file-in-the-way'))
    await writeFile(at('file-in-the-way/tfjs-float32'), '')
    await expect(
      exportRun(at('run'), { to: ['tfjs'], out: at('file-in-the-way'), force: true }),
    ).rejects.toThrow('no folder')
  })

  it('leaves nothing where one of several fails', async () => {
    await cp(at('run'), at('large'), { recursive: true })
    const weights = new Float32Array(Uint8Array.from(await readFile(at('large/student/weights.bin'))).buffer)
    // Half precision ends at 65504.
    weights[0] = 1e5
    await writeFile(at('large/student/weights.bin'), weights)
    const forms = { to: ['tfjs'], weights: ['float32', 'float16'] } as const
    await expect(exportRun(at('large'), { ...forms, out: at('failed') })).rejects.toThrow(
      'of at most 65504, got 100000',
    )
    expect(await readdir(at('failed'))).toEqual([])
    weights[0] = NaN
    await writeFile(at('large/student/weights.bin'), weights)
    await expect(exportRun(at('large'), { to: ['onnx'], out: at('failed') })).rejects.toThrow(
      'the student must give finite logits on the test split, got NaN',
    )
    expect(await readdir(at('failed'))).toEqual([])
  })

  it('leaves nothing where it is ended, and takes runs only', async () => {
    const ended = { to: ['tfjs', 'onnx'], out: at('ended'), signal: AbortSignal.abort() } as const
    await expect(exportRun(at('run'), ended)).rejects.toThrow('the export was ended')
    await expect(readdir(at('ended'))).rejects.toThrow('ENOENT')
    await expect(exportRun(at('run/student'), { to: ['tfjs'] })).rejects.toThrow(
      'a folder without config.yaml',
    )
  })
})

describe('kd export without ONNX Runtime', () => {
  const built = builtMain()

  it('says how to install it, and writes nothing', async () => {
    const hooks = `export const resolve = (name, context, next) => {
      if (name === 'onnxruntime-node') throw Object.assign(new Error('not installed'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    }`
    const url = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`
    const register = `import { register } from 'node:module'; register(${JSON.stringify(url(hooks))})`
    const words = ['export', at('run'), '--to', 'tfjs', 'onnx', '--out', at('without')]
    const { code, err } = await startKd(built.main, words, { NODE_OPTIONS: `--import=${url(register)}` })
      .ended
    expect(err).toContain('onnxruntime-node must be installed, got none that can be loaded')
    expect(err).toContain('ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node')
    expect(code).toBe(1)
    expect(await readdir(at('without'))).toEqual([])
  })
})
