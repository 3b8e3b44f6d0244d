import { randomSource } from '@kd/core'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd, type KdRun } from '../testing/run-kd.js'
import type { EvaluationResult } from './run-evaluation.js'

/** Points of two classes on either side of a + b / 10 = 1, in a file whose columns and class names can be others. */
function table(seed: string, { columns = 'a,b,kind', names = ['neg', 'pos'], shift = 0 } = {}): string {
  const random = randomSource(seed)
  const rows = Array.from({ length: 300 }, () => {
    const values = { a: random.normal(), b: 10 * random.normal() + shift, spare: 0 }
    const kind = names[Number(values.a + values.b / 10 > 1)]
    return columns.split(',').map((column) => ({ ...values, kind })[column as 'a'])
  })
  return [columns, ...rows.map((row) => row.join(','))].join('\n')
}

const files = {
  'own.csv': table('own'),
  'same.csv': table('same'),
  'shifted.csv': table('same', { shift: 12 }),
  'swapped.csv': table('same', { columns: 'b,kind,a' }),
  'other-names.csv': table('same', { names: ['no', 'yes'] }),
  'wider.csv': table('same', { columns: 'a,b,spare,kind' }),
  'narrower.csv': table('same', { columns: 'a,kind' }),
}
const model = '{ model: { name: mlp, hiddenUnits: [16] } }'
const csv = (path: string): string => `{ name: csv, path: ${path}, label: kind, test: 0.3, validation: 0.2 }`

let folder: string
const at = (name: string): string => join(folder, name)
const evaluate = (...words: string[]): Promise<KdRun> => runKd(['evaluate', ...words, '--json'])
const accuracy = ({ json }: KdRun): number => (json() as unknown as EvaluationResult).figures['top1']!

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-other-data-'))
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text)
  const training = '{ epochs: 20, batchSize: 16, learningRate: 0.1 }'
  const teacher = `{ dataset: ${csv('own.csv')}, student: ${model}, training: ${training}, engine: cpu }`
  await writeFile(at('teacher.yaml'), teacher)
  const student = `dataset: ${csv('same.csv')}
student: { model: { name: mlp, hiddenUnits: [4] } }
teachers: [{ run: teacher }]
method: { name: vanilla-kd, softLossWeight: 1, hardLossWeight: 0 }
training: { epochs: 1 }
engine: cpu
`
  await writeFile(at('student.yaml'), student)
  const trained = await runKd(['train', at('teacher.yaml'), '--out', at('teacher')])
  expect(trained.exitCode, trained.err).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe('the folder of a student', () => {
  it('says what the model is to be given and what its outputs mean', async () => {
    const said = JSON.parse(await readFile(at('teacher/student/input.json'), 'utf8')) as {
      normalization: { mean: number[]; standardDeviation: number[] }
    }
    expect(said).toMatchObject({
      task: 'classification',
      shape: [2],
      layout: '[features]',
      columns: ['a', 'b'],
      classNames: ['neg', 'pos'],
    })
    expect(Math.abs(said.normalization.standardDeviation[1]! - 10)).toBeLessThan(2)
  })
})

describe('kd evaluate of a run on other data', () => {
  it('uses the normalization and the columns of the run, and says so', async () => {
    const own = await evaluate(at('teacher'))
    expect(own.err).not.toContain('trained on other data')
    expect(accuracy(own)).toBeGreaterThan(0.9)
    const same = await evaluate(at('teacher'), `dataset.path=${at('same.csv')}`)
    const shifted = await evaluate(at('teacher'), `dataset.path=${at('shifted.csv')}`)
    expect(shifted.err).toContain('teacher was trained on other data, and uses its own normalization\n')
    expect(accuracy(shifted)).toBeGreaterThan(0.9)
    const swapped = await evaluate(at('teacher'), `dataset.path=${at('swapped.csv')}`)
    expect(swapped.err).toContain('its own normalization and its own order of the columns\n')
    expect(swapped.json()).toMatchObject({ figures: (same.json() as unknown as EvaluationResult).figures })
  })

  it('matches classes by their names', async () => {
    const turned = await evaluate(
      at('teacher'),
      `dataset.path=${at('same.csv')}`,
      'dataset.classNames=[pos,neg]',
    )
    expect(turned.err).toContain('its own order of the classes')
    // Other examples are held out where the classes stand in another order.
    expect(accuracy(turned)).toBeGreaterThan(0.9)
  })

  it.each([
    ['other-names.csv', 'the same classes, got neg, pos in the run and no, yes in the data'],
    ['wider.csv', 'the same columns, got a, b in the run and a, b, spare in the data'],
    ['narrower.csv', 'the same columns, got a, b in the run and a in the data'],
  ])('refuses %s and names both sides', async (file, message) => {
    const { exitCode, err } = await evaluate(at('teacher'), `dataset.path=${at(file)}`)
    expect(err).toContain(`teacher and csv must have ${message}`)
    expect(exitCode).toBe(1)
  })
})

describe('a run as a teacher on other data', () => {
  const distil = async (name: string, ...words: string[]): Promise<{ run: KdRun; teacher: number }> => {
    const out = ['--out', at(name), '--json']
    const run = await runKd([
      'distill',
      at('student.yaml'),
      `teachers.0.run=${at('teacher')}`,
      ...words,
      ...out,
    ])
    expect(run.exitCode, run.err).toBe(0)
    const [teacher] = run.json()['teachers'] as { test: { top1: number } }[]
    return { run, teacher: teacher!.test.top1 }
  }

  it('is as good whatever the order of classes and columns and the scale of the data', async () => {
    const plain = await distil('plain')
    expect(plain.teacher).toBeGreaterThan(0.9)
    expect(plain.run.err).toMatch(
      /teacher 1 \(.*\) was trained on other data, and uses its own normalization\n/,
    )
    const turned = await distil('turned', 'dataset.classNames=[pos,neg]')
    expect(turned.teacher).toBeGreaterThan(0.9)
    expect((await distil('features', 'dataset.features=[b,a]')).teacher).toBe(plain.teacher)
    expect((await distil('file', `dataset.path=${at('swapped.csv')}`)).teacher).toBe(plain.teacher)
    expect((await distil('scale', `dataset.path=${at('shifted.csv')}`)).teacher).toBeGreaterThan(0.9)
  })

  it('goes on from a checkpoint, and its answers can be kept', async () => {
    const { run } = await distil('again', 'dataset.classNames=[pos,neg]')
    expect(run.json()).toMatchObject({ ended: 'epochs' })
    const words = ['dataset.classNames=[pos,neg]', '--out', at('again'), '--resume']
    const resumed = await runKd(['distill', at('student.yaml'), ...words])
    expect(resumed.err).toContain('this run has ended already')
    const kept = await runKd([
      ...['keep-answers', at('student.yaml'), 'dataset.classNames=[pos,neg]', '--out', at('answers')],
    ])
    expect(kept.exitCode, kept.err).toBe(0)
    const answers = await distil(
      'by-answers',
      'dataset.classNames=[pos,neg]',
      `teachers=[{ answers: ${at('answers/answers-1')}, run: ${at('teacher')} }]`,
    ).catch((error: unknown) => error)
    expect(answers).toMatchObject({ teacher: expect.any(Number) as number })
  })

  it('is refused for other classes and columns, before a folder is made', async () => {
    for (const [file, what] of [
      ['other-names.csv', 'classes'],
      ['wider.csv', 'columns'],
    ] as const) {
      const { exitCode, err } = await runKd([
        ...['distill', at('student.yaml'), `dataset.path=${at(file)}`, '--out', at('refused')],
      ])
      expect(err).toMatch(
        new RegExp(`error teacher 1 \\(.*teacher\\) and csv must have the same ${what}, got`),
      )
      expect(exitCode).toBe(1)
    }
    await expect(readFile(at('refused/config.yaml'))).rejects.toThrow('ENOENT')
  })
})

describe('a run of an older version', () => {
  it('is used with what its environment.json says, and a word about it', async () => {
    await cp(at('teacher'), at('old'), { recursive: true })
    await rm(at('old/student/input.json'))
    const { err, json } = await evaluate(at('old'), `dataset.path=${at('shifted.csv')}`)
    expect(err).toContain('old is of an older version, which did not note the order of its columns\n')
    expect(accuracy({ json } as KdRun)).toBeGreaterThan(0.9)
    await writeFile(at('old/environment.json'), '{}')
    const unknown = await evaluate(at('old'))
    expect(unknown.err).toMatch(/environment.json must be what a run wrote, got at data/)
    await rm(at('old/environment.json'))
    const without = await evaluate(at('old'))
    expect(without.err).toContain('old does not say what it was trained on: the data are used as they come\n')
    expect(without.exitCode).toBe(0)
  })

  it.each([
    ['no JSON', '{', 'no JSON'],
    ['a deviation of 0', '{"normalization":{"mean":[0],"standardDeviation":[0]}}', 'at shape'],
    ['a list', '[]', 'at its top'],
  ])('is refused where input.json is %s', async (_, text, message) => {
    await cp(at('teacher'), at('damaged'), { recursive: true })
    await writeFile(at('damaged/student/input.json'), text)
    const { exitCode, err } = await evaluate(at('damaged'))
    expect(err).toContain(`input.json must be what a run wrote, got ${message}`)
    expect(exitCode).toBe(2)
  })
})
