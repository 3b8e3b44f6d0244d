import { evaluate, selectEngine, type AnyDataset } from '@kd/core'
import { loadDataset } from '@kd/datasets'
import { writeSafetensors } from '@kd/models'
import { exportOnnx } from '@kd/onnx'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd, type KdRun } from '../../../testing/run-kd.js'
import { loadModel } from '../../model/saved-model.js'

let folder: string
let digits: AnyDataset
/** The teacher's logits about the whole file of the digits, row by row. */
let logits: Float32Array
const at = (name: string): string => join(folder, name)

const data = '{ name: digits, take: { train: 200, validation: 40, test: 60 } }'
const teaching = '{ name: vanilla-kd, softLossWeight: 1, hardLossWeight: 0 }'

async function distill(
  name: string,
  teacher: string,
  { method = teaching, student = '{ model: { name: mlp, hiddenUnits: [8] } }', words = [] as string[] } = {},
): Promise<KdRun> {
  const config = `dataset: ${data}
student: ${student}
teachers: [${teacher}]
method: ${method}
training: { epochs: 2, batchSize: 32, learningRate: 0.05 }
engine: wasm
`
  await writeFile(at(`${name}.yaml`), config)
  return runKd(['distill', at(`${name}.yaml`), '--out', at(name), '--json', ...words])
}

interface Found {
  readonly last: { test: { top1: number } }
  readonly teachers: {
    model: string
    train: { top1: number; loss: number }
    test?: { top1: number; loss: number }
  }[]
}
const found = (run: KdRun): Found => {
  expect(run.exitCode, run.err).toBe(0)
  return run.json() as unknown as Found
}
const weightsOf = (run: string): Promise<Buffer> => readFile(at(`${run}/student/weights.bin`))

function table(
  values: Float32Array,
  classes: number,
  ids?: Int32Array,
  metadata: Record<string, string> = {},
): Uint8Array {
  const rows = values.length / classes
  return writeSafetensors(
    new Map([
      ['logits', { dtype: 'F32' as const, shape: [rows, classes], data: values }],
      ...(ids === undefined ? [] : [['ids', { dtype: 'I32' as const, shape: [rows], data: ids }] as const]),
    ]),
    metadata,
  )
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-teacher-files-'))
  await writeFile(
    at('teacher.yaml'),
    `dataset: { name: digits }
student: { model: { name: small-cnn, widths: [8, 16] }, keep: last }
training: { epochs: 2, batchSize: 32, learningRate: 0.1 }
engine: wasm
`,
  )
  const trained = await runKd(['train', at('teacher.yaml'), '--out', at('teacher')])
  expect(trained.exitCode, trained.err).toBe(0)
  await selectEngine('wasm')
  const model = await loadModel(at('teacher/student'))
  await writeFile(at('teacher.onnx'), await exportOnnx(model))
  await writeFile(at('softmax.onnx'), await exportOnnx(model, { softmax: true }))
  digits = await loadDataset({ name: 'digits' })
  const rows = new Map<number, Float32Array>()
  for (const split of ['train', 'test'] as const) {
    const { logits: given } = await evaluate(model, digits, { split })
    digits[split]!.ids.forEach((id, row) => rows.set(id, given.subarray(row * 10, (row + 1) * 10)))
  }
  logits = Float32Array.from(
    { length: rows.size * 10 },
    (_, index) => rows.get(Math.floor(index / 10))![index % 10]!,
  )
  await writeFile(at('logits.safetensors'), table(logits, 10))
  model.dispose()
  const native = await distill('native', '{ run: teacher }')
  expect(found(native).teachers[0]!.train.top1).toBeGreaterThan(0.6)
}, 240_000)
afterAll(() => rm(folder, { recursive: true }))

describe('a teacher as ONNX', () => {
  it('teaches as the same network does that runs here', async () => {
    const [own, onnx] = [
      await distill('native-2', '{ run: teacher }'),
      await distill('onnx', '{ onnx: teacher.onnx }'),
    ].map(found)
    expect(onnx!.teachers[0]!.model).toBe('teacher.onnx')
    expect(onnx!.teachers[0]!.train.loss).toBeCloseTo(own!.teachers[0]!.train.loss, 5)
    expect(onnx!.teachers[0]!.test!.loss).toBeCloseTo(own!.teachers[0]!.test!.loss, 5)
  })

  it.each([
    [
      'fitnet',
      '{ name: fitnet-hint, teacherFeature: inner, studentFeature: penultimate }',
      '{ model: { name: mlp, hiddenUnits: [8] } }',
    ],
    [
      'attention',
      '{ name: attention-transfer, studentFeatures: [stage1, stage2], teacherFeatures: [stage1, stage2] }',
      '{ model: { name: small-cnn, widths: [4, 4] } }',
    ],
  ])('gives inner features to %s', async (name, method, student) => {
    const features = name === 'fitnet' ? ', features: { inner: penultimate_input }' : ''
    const refused = await distill(name, `{ onnx: teacher.onnx${features} }`, { method, student })
    if (name === 'fitnet') {
      expect(refused.err).toContain('tensor must be one of the graph, got penultimate_input')
      const inner = /some of them: (.*)/
        .exec(refused.err)![1]!
        .split(', ')
        .findLast((tensor) => !tensor.includes('logits'))!
      const teacher = `{ onnx: teacher.onnx, features: { inner: "${inner.trim()}" } }`
      expect(found(await distill(name, teacher, { method, student })).last.test.top1).toBeGreaterThan(0)
    } else expect(found(refused).last.test.top1).toBeGreaterThan(0)
  })

  it.each([
    ['nowhere.onnx', '', 'teachers.0.onnx must be a file that can be read, got no'],
    ['teacher.yaml', '', 'teachers.0.onnx: '],
    [
      'teacher.onnx',
      'classes: [0, 1, 2]',
      'teachers.0.classes must name an output for each of the 10 classes of digits, got 3',
    ],
    ['teacher.onnx', 'classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]', 'classes must be < 10'],
    ['teacher.onnx', 'outputs: probabilities', 'must give probabilities in [0, 1]'],
    ['teacher.onnx', 'input: pixels', 'input must be the only one of teacher.onnx, got pixels'],
    ['teacher.onnx', 'output: nowhere', 'tensor must be one of the graph, got nowhere'],
    ['teacher.onnx', 'layout: NCHW', 'teachers.0.onnx: '],
    [
      'teacher.onnx',
      'normalization: { mean: [1, 2], standardDeviation: [1] }',
      'normalization must have one number, or one for each of 1 channels',
    ],
  ])('refuses %s with %s before there is a folder', async (file, more, message) => {
    const run = await distill('refused', `{ onnx: ${file}${more && `, ${more}`} }`)
    expect([run.exitCode, run.err]).toEqual([1, expect.stringContaining(message)])
    await expect(readFile(at('refused/config.yaml'))).rejects.toThrow('ENOENT')
  })

  it('gives the same bits twice, and --resume notices another file', async () => {
    await cp(at('teacher.onnx'), at('copy.onnx'))
    found(await distill('whole', '{ onnx: copy.onnx }'))
    await distill('again', '{ onnx: copy.onnx }', { words: ['--force'] })
    const ended = await weightsOf('again')
    expect(ended.equals(await weightsOf('whole'))).toBe(true)
    await cp(at('softmax.onnx'), at('copy.onnx'))
    const resumed = await runKd(['distill', at('again.yaml'), '--out', at('again'), '--resume'])
    expect([resumed.exitCode, resumed.err]).toEqual([
      2,
      expect.stringContaining('the file of teachers.0.onnx has the SHA-256'),
    ])
  })

  it('is asked by kd keep-answers, whose answers are refused for another file', async () => {
    await cp(at('teacher.onnx'), at('asked.onnx'))
    await distill('asked', '{ onnx: asked.onnx }')
    const kept = await runKd(['keep-answers', at('asked.yaml'), '--out', at('answers')])
    expect(kept.exitCode, kept.err).toBe(0)
    const teacher = '{ onnx: asked.onnx, answers: answers/answers-1 }'
    found(await distill('kept', teacher))
    expect((await weightsOf('kept')).equals(await weightsOf('asked'))).toBe(true)
    const other = await distill(
      'kept-2',
      '{ onnx: asked.onnx, classes: [1, 0, 2, 3, 4, 5, 6, 7, 8, 9], answers: answers/answers-1 }',
    )
    expect([other.exitCode, other.err]).toEqual([1, expect.stringContaining('must be of teachers.0')])
  })
})

describe('logits from elsewhere', () => {
  it.each([
    ['one file', '{ logits: logits.safetensors }'],
    ['a file for each split', '{ logits: { train: logits.safetensors, test: logits.safetensors } }'],
  ])('teach as the teacher does, by %s', async (name, teacher) => {
    const run = await distill(name.replaceAll(' ', '-'), teacher)
    const { teachers } = found(run)
    const native = found(await distill('native-3', '{ run: teacher }', { words: ['--force'] }))
    expect(teachers[0]!.train.loss).toBeCloseTo(native.teachers[0]!.train.loss, 5)
    expect(teachers[0]!.test!.loss).toBeCloseTo(native.teachers[0]!.test!.loss, 5)
    expect(run.err).toMatch(
      /nothing shows that its rows are in the order of the data; they are right about [6-9]\d\.\d % of the training labels/,
    )
  })

  it('are found by id, picked by class and made of probabilities', async () => {
    const ids = digits.train.ids.toReversed()
    const order = [3, 1, 2, 0, 4, 5, 6, 7, 8, 9]
    const values = Float32Array.from(ids, () => 0)
    const own = new Float32Array(values.length * 11)
    ids.forEach((id, row) => {
      const given = [...logits.subarray(id * 10, (id + 1) * 10)].map((value) => Math.exp(value))
      const sum = given.reduce((total, value) => total + value, 0)
      order.forEach((output, label) => (own[row * 11 + output] = given[label]! / sum))
    })
    await writeFile(at('by-id.safetensors'), table(own, 11, ids))
    const teacher = `{ logits: { train: by-id.safetensors }, classes: [${order.join(', ')}], outputs: probabilities }`
    const { teachers } = found(await distill('by-id', teacher))
    const native = found(await distill('native-4', '{ run: teacher }'))
    expect(teachers[0]!.train.loss).toBeCloseTo(native.teachers[0]!.train.loss, 5)
    expect(teachers[0]!.test).toBeUndefined()
  })

  it('say nothing where their hash is that of the inputs, and are refused where it is another', async () => {
    const { train, test } = digits
    const rows: Uint8Array[] = []
    for (const { ids, inputs } of [train, test!]) {
      const bytes = new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength)
      const size = bytes.length / ids.length
      ids.forEach((id, row) => (rows[id] = bytes.subarray(row * size, (row + 1) * size)))
    }
    const hash = createHash('sha256')
    for (const row of rows) hash.update(row)
    await writeFile(
      at('hashed.safetensors'),
      table(logits, 10, undefined, { inputs_sha256: hash.digest('hex') }),
    )
    await writeFile(at('wrong.safetensors'), table(logits, 10, undefined, { inputs_sha256: 'ab' }))
    const whole = ['dataset={ name: digits }', 'training.epochs=1']
    const hashed = await distill('hashed', '{ logits: hashed.safetensors }', { words: whole })
    expect([hashed.exitCode, hashed.err]).toEqual([
      0,
      expect.not.stringContaining('in the order of the data'),
    ])
    const wrong = await distill('wrong', '{ logits: wrong.safetensors }', { words: whole })
    expect([wrong.exitCode, wrong.err]).toEqual([1, expect.stringContaining('its inputs_sha256 is ab')])
  })

  it.each([
    [
      'short',
      () => table(logits.subarray(0, 1000), 10),
      '',
      'must have a row for every example of train, got 100 rows and none for the id',
    ],
    [
      'long',
      () => table(Float32Array.from({ length: 20_000 }), 10),
      '',
      'must have as many rows as the file of the data has examples, 1797, got 2000',
    ],
    ['narrow', () => table(logits, 5), '', 'must have logits of the 10 classes of digits, got 5'],
    ['not-finite', () => table(logits.with(3, NaN), 10), '', 'must be finite, got NaN'],
    [
      'not-probabilities',
      () => table(logits, 10),
      'outputs: probabilities',
      'must have probabilities in [0, 1]',
    ],
    ['cut', () => table(logits, 10).subarray(0, 500), '', 'teachers.0.logits: '],
  ])('are refused before a run: %s', async (name, bytes, more, message) => {
    await writeFile(at(`${name}.safetensors`), bytes())
    const run = await distill(name, `{ logits: ${name}.safetensors${more && `, ${more}`} }`)
    expect([run.exitCode, run.err]).toEqual([1, expect.stringContaining(message)])
  })

  it('are refused where inputs are augmented, and where a teacher has to be asked', async () => {
    const augmented = await distill('augmented', '{ logits: logits.safetensors }', {
      words: ['dataset.augmentation={ flip: true }'],
    })
    expect([augmented.exitCode, augmented.err]).toEqual([
      2,
      expect.stringContaining('teachers.0.logits are of images as they are'),
    ])
    const asked = await runKd(['keep-answers', at('augmented.yaml'), '--out', at('none')])
    expect([asked.exitCode, asked.err]).toEqual([2, expect.stringContaining('must have a teacher to ask')])
  })
})
