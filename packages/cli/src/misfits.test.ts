import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd } from './testing/run-kd.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-misfits-'))
  const keep = join(folder, 'keep.json')
  await writeFile(keep, JSON.stringify(config()))
  const kept = await runKd(['keep-answers', keep, '--out', join(folder, 'answers')])
  expect(kept.err).not.toContain('error ')
  expect(existsSync(join(folder, 'answers/answers-1'))).toBe(true)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const mlp = (...hiddenUnits: number[]): object => ({ name: 'mlp', hiddenUnits })
const cnn = { name: 'small-cnn' }

/** A run whose teacher has a recipe: its training would show in what the command says. */
function config(changes: object = {}): object {
  return {
    dataset: { name: 'digits', take: { train: 60, test: 30 } },
    teachers: [{ model: mlp(12), training: { epochs: 1, batchSize: 20 } }],
    student: { model: mlp(8) },
    method: { name: 'vanilla-kd' },
    training: { epochs: 1, batchSize: 20 },
    engine: 'cpu',
    ...changes,
  }
}

describe('what does not fit is said before a teacher is trained and before a folder is made', () => {
  it.each<[string, object | (() => object), string]>([
    [
      'a layer that the student has not',
      { method: { name: 'fitnet-hint', studentFeature: 'nowhere' } },
      'distill: student must have the layer asked for, got nowhere; its layers: ',
    ],
    [
      'a layer that the teacher has not',
      { method: { name: 'fitnet-hint', teacherFeature: 'nowhere' } },
      'must have the layer asked for, got nowhere; its layers: ',
    ],
    [
      'features of other forms',
      {
        teachers: [{ model: cnn, training: { epochs: 1, batchSize: 20 } }],
        method: { name: 'fitnet-hint', teacherFeature: 'stage1' },
      },
      'fitnetHint: features must be two vectors, or two maps',
    ],
    [
      'weights of fewer classes',
      { training: { epochs: 1, batchSize: 20, classWeights: [1, 2] } },
      "distill: classWeights must be 'balanced' or one number for each of 10 classes, got 2 numbers",
    ],
    [
      'weights of fewer classes in a recipe',
      { teachers: [{ model: mlp(12), training: { epochs: 1, batchSize: 20, classWeights: [1, 2, 3] } }] },
      "teachers.0.training: classWeights must be 'balanced' or one number for each of 10 classes, got 3 numbers",
    ],
    [
      'a hint from a second teacher, where there is one',
      { method: { name: 'fitnet-hint', teacher: 1 } },
      'teachers must be at least 2 for fitnet-hint, got 1',
    ],
    [
      'a batch larger than the split',
      { training: { epochs: 1, batchSize: 500 } },
      'distill: batchSize must be at most the 60 training examples, got 500',
    ],
    [
      'a batch of the teacher larger than the split',
      { teachers: [{ model: mlp(12), training: { epochs: 1, batchSize: 500 } }] },
      'teachers.0.training: batchSize must be at most the 60 training examples, got 500',
    ],
    [
      'a teacher that is to learn and has kept answers',
      () => ({
        teachers: [{ answers: join(folder, 'answers/answers-1') }],
        method: { name: 'proximal-teacher' },
      }),
      'must be a model that runs here to learn with proximal-teacher, got one that is not',
    ],
    [
      'a method for classes on numbers',
      { task: { name: 'regression' }, method: { name: 'weighted-soft-labels' } },
      'distill: method must be one for the task regression, got weighted-soft-labels, which is for classification',
    ],
  ])('%s', async (name, changes, message) => {
    const id = name.replaceAll(' ', '-')
    const path = join(folder, `${id}.json`)
    await writeFile(path, JSON.stringify(config(typeof changes === 'function' ? changes() : changes)))
    const { exitCode, err, out } = await runKd(['distill', path, '--out', join(folder, id)])
    expect(err).toContain(message)
    expect(err.match(/^error /gm)).toHaveLength(1)
    expect(exitCode).toBe(message.includes('must be at least 2') ? 2 : 1)
    expect(err + out).not.toContain('epoch')
    expect(existsSync(join(folder, id))).toBe(false)
  })
})

describe('a loss that is not finite', () => {
  const wild = { epochs: 2, batchSize: 20, learningRate: 1e30 }

  it('is that of the teacher where its recipe is to blame', async () => {
    const path = join(folder, 'wild.json')
    const [first] = (config() as { teachers: object[] }).teachers
    const teachers = [first, { model: mlp(12), training: wild }]
    const method = { name: 'adaptive-mixing' }
    await writeFile(path, JSON.stringify(config({ teachers, method })))
    const { exitCode, err } = await runKd(['distill', path, '--out', join(folder, 'wild')])
    expect(err).toMatch(/training of teacher 2: the loss must stay finite, got \S+ in step \d+ of epoch 0/)
    expect(err).not.toContain('distill: ')
    expect(exitCode).toBe(1)
  })

  it('is that of the student otherwise', async () => {
    const path = join(folder, 'wild-student.json')
    await writeFile(path, JSON.stringify(config({ training: wild })))
    const { err } = await runKd(['distill', path, '--out', join(folder, 'wild-student')])
    expect(err).toContain('distill: the loss must stay finite')
  })
})
