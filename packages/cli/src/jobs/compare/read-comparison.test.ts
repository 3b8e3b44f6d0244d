import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../config/config-error.js'
import type { ComparisonInput } from './comparison-schema.js'
import { readComparison } from './read-comparison.js'

const base = {
  dataset: { name: 'digits' },
  teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 1 } }],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  training: { epochs: 1 },
}
const methods = { KD: { name: 'vanilla-kd' }, alone: { name: 'label-loss' } }

const problems = async (input: string | object): Promise<string> => {
  try {
    await readComparison(input as ComparisonInput, [])
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'none'
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-comparison-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('readComparison', () => {
  it('makes one run for each combination and seed', async () => {
    const axes = { 'student.model.hiddenUnits': [[8], [16]], 'teachers.0.take': { few: 100, all: 1.0 } }
    const read = await readComparison({ base, methods, axes, seeds: [3, 5], baseline: 'KD' }, [])
    expect(read.points).toHaveLength(2 * 2 * 2 * 2)
    expect(read.baseline).toEqual({ method: 'KD' })
    const { labels, seed, read: found } = read.points[3]!
    expect(labels).toEqual({ method: 'KD', 'student.model.hiddenUnits': '[8]', 'teachers.0.take': 'all' })
    expect(seed).toBe(5)
    expect(found.config).toMatchObject({
      seed: 5,
      student: { model: { hiddenUnits: [8] } },
      teachers: [{ take: 1 }],
    })
  })

  it('names values by their name, by what they are, or as a map says', async () => {
    const axes = { 'training.epochs': [1, 2] }
    const read = await readComparison({ base, methods: [{ name: 'vanilla-kd' }, { name: 'swap' }], axes }, [])
    expect(read.axes.map(({ values }) => values.map(({ label }) => label))).toEqual([
      ['vanilla-kd', 'swap'],
      ['1', '2'],
    ])
    expect(read.seeds).toEqual([0, 1, 2, 3, 4])
  })

  it('gives no teacher to a method that needs none', async () => {
    const read = await readComparison({ base, methods, seeds: 1 }, [])
    expect(read.points.map(({ read: { config } }) => config.teachers.length)).toEqual([1, 0])
  })

  it('puts overrides in', async () => {
    const read = await readComparison({ base, methods }, [
      'seeds=1',
      'base.training.epochs=7',
      'methods.KD.temperature=2',
    ])
    expect(read.points[0]!.read.config).toMatchObject({ training: { epochs: 7 }, method: { temperature: 2 } })
  })

  it.each([
    ['nothing to compare', { base }, 'must have methods, datasets or axes'],
    [
      'the config of one run',
      { ...base, method: methods.KD },
      'is the config of one run, which a comparison',
    ],
    ['an unknown key', { base, metods: methods }, 'unknown key metods, did you mean methods?'],
    [
      'an unknown method',
      { base, methods: [{ name: 'vanila-kd' }] },
      'unknown method.name "vanila-kd", did you mean vanilla-kd?',
    ],
    [
      'a key that no config has',
      { base, methods, axes: { 'training.epoch': [1] } },
      'unknown key training.epoch, did you mean epochs?',
    ],
    [
      'a value out of range',
      { base, axes: { 'training.epochs': [0] }, methods },
      'training.epochs must be >= 1, got 0',
    ],
    [
      'a key through something that is no map',
      { base, axes: { 'training.epochs.x': [0] }, methods },
      'training.epochs must have x, got 1',
    ],
    [
      'two values of one name',
      { base, methods: [{ name: 'swap' }, { name: 'swap', temperature: 2 }] },
      'got swap twice',
    ],
    [
      'a baseline that is no method',
      { base, methods, baseline: 'KP' },
      'must be one of KD, alone, got KP, did you mean KD?',
    ],
    [
      'a baseline on no axis',
      { base, methods, baseline: { mehtod: 'KD' } },
      'must name an axis (method), got mehtod',
    ],
    ['one seed twice', { base, methods, seeds: [1, 1] }, 'seeds must be different, got 1, 1'],
    ['no seeds', { base, methods, seeds: 0 }, 'seeds must be >= 1, got 0'],
    [
      'the seed as an axis',
      { base, methods, axes: { seed: [1] } },
      'must be keys of a config that runs can differ in, got seed',
    ],
    [
      'a key of the prototype',
      { base, methods, axes: { '__proto__.x': [1], 'constructor.x': [2] } },
      'got __proto__.x',
    ],
    [
      'an axis without values',
      { base, methods, axes: { 'training.epochs': {} } },
      'must have at least one value, got none',
    ],
    [
      'one axis twice',
      { base, methods, axes: { method: [{ name: 'swap' }] } },
      'method must be an axis once, got it twice',
    ],
    [
      'too many runs',
      { base, axes: { 'training.epochs': Array.from({ length: 200 }, (_, index) => index + 1) }, seeds: 51 },
      'at most 10000 runs, got 10200',
    ],
    ['a base without training', { base: { ...base, training: undefined }, methods }, 'training is missing'],
    ['a base that is not there', { base: 'none.yaml', methods }, 'no such config file'],
  ])('refuses %s', async (_, input, message) => {
    expect(await problems(input)).toContain(message)
  })

  it('names the place in the file, once for all runs, and finds several at once', async () => {
    const path = join(folder, 'compare.yaml')
    await writeFile(
      path,
      `base:
  dataset: { name: digits }
  student: { model: { name: mlp } }
  training: { epochs: 0 }
methods:
  KD: { name: vanilla-kd }
  LR: { name: label-revision, etta: 0.5 }
`,
    )
    const found = await problems(path)
    expect(found.split('\n')).toHaveLength(2)
    expect(found).toContain(`${path}:4:23: training.epochs must be >= 1, got 0`)
    expect(found).toContain(`${path}:7:31: unknown key method.etta, did you mean eta?`)
  })

  it('takes the base from a file of its own, with its paths and places', async () => {
    await writeFile(
      join(folder, 'base.json'),
      JSON.stringify({ ...base, student: { ...base.student, weights: 'w' } }),
    )
    const path = join(folder, 'from-base.yaml')
    await writeFile(path, 'base: base.json\nmethods: [{ name: vanilla-kd }]\n')
    const { points, name } = await readComparison(path, [])
    expect(name).toBe('from-base')
    expect(points[0]!.read.config.student.weights).toBe(join(folder, 'w'))
    await writeFile(join(folder, 'base.json'), '{ "dataset": { "name": "digitz" } }')
    expect(await problems(path)).toContain(`${join(folder, 'base.json')}:1:`)
  })

  it('puts overrides into a base of its own file, as into one that stands in the comparison', async () => {
    await writeFile(join(folder, 'overridden.json'), JSON.stringify(base))
    const path = join(folder, 'over.yaml')
    await writeFile(path, 'base: overridden.json\nmethods: [{ name: vanilla-kd }]\n')
    const read = await readComparison(path, [
      'base.training.epochs=7',
      'seeds=1',
      'base.student.weights=here.safetensors',
    ])
    expect(read.points).toHaveLength(1)
    const { training, student } = read.points[0]!.read.config
    expect(training?.epochs).toBe(7)
    // What was typed starts where it was typed.
    expect(student.weights).toBe(resolve('here.safetensors'))
    await expect(readComparison(path, ['base.training.epochs=0'])).rejects.toThrow(
      'override base.training.epochs=0: training.epochs must be >= 1, got 0',
    )
    await expect(readComparison(path, ['training.epochs=3'])).rejects.toThrow(
      'override training.epochs=3: unknown key training, did you mean base.training?',
    )
    await expect(readComparison(path, ['epochs=3'])).rejects.toThrow('did you mean base.training.epochs?')
    const other = ['base.training.epochs=7', `base=${join(folder, 'overridden.json')}`]
    expect((await readComparison({ base, methods }, other)).points[0]!.read.config.training?.epochs).toBe(7)
  })
})
