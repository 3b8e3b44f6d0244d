import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ConfigError } from './config-error.js'
import { readConfig } from './read-config.js'
import { makeMethod } from './methods.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-config-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
  vi.unstubAllGlobals()
})

const good = `dataset:
  name: digits
student:
  model: { name: mlp, hiddenUnits: [16] }
teachers:
  - model: { name: mlp }
    training: { epochs: 3 }
method:
  name: vanilla-kd
training:
  epochs: 2
`

async function file(text: string, name = 'c.yaml'): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

/** The problems of a config, places without the folder. */
async function problems(text: string, ...overrides: string[]): Promise<string[]> {
  const path = await file(text)
  const error: ConfigError = await readConfig(path, { overrides, required: ['method', 'training'] }).then(
    () => {
      throw new Error('the config was accepted')
    },
    (found: unknown) => found as ConfigError,
  )
  return error.message.split('\n').map((line) => line.replace(path, 'c.yaml'))
}

describe('readConfig', () => {
  it('waits a minute for a plugin that never loads while something else keeps the process', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const plugin = await file('await new Promise(() => {})', 'waits.mjs')
    const reading = readConfig(await file(`plugin: ${plugin}\n${good}`))
    const refused = expect(reading).rejects.toThrow(/waits\.mjs must be loaded within 60 seconds/)
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(60_000)
    await refused
    vi.useRealTimers()
  })

  it('merges with << what an anchor stands for, which may lie under x or x-… at the top', async () => {
    const path = await file(`x: &model { name: mlp, hiddenUnits: [4] }
x-training: &training { epochs: 3 }
dataset: { name: digits }
student: { model: { <<: *model } }
teachers: [{ model: { <<: *model, hiddenUnits: [8] }, training: *training }]
method: { name: vanilla-kd }
training: { <<: *training, batchSize: 32 }
`)
    const { config } = await readConfig(path)
    expect(config.student.model).toEqual({ name: 'mlp', hiddenUnits: [4] })
    expect(config.teachers[0]!.model).toEqual({ name: 'mlp', hiddenUnits: [8] })
    expect(config.training).toMatchObject({ epochs: 3, batchSize: 32 })
    expect(config).not.toHaveProperty('x')
  })

  it('says of a merged value that is wrong where it was merged', async () => {
    const text = `x: &training { epochs: 3, epoch: 4 }\n${good.replace('  epochs: 2\n', '  <<: *training\n')}`
    expect(await problems(text)).toEqual([
      expect.stringMatching(/^c.yaml:12:3: unknown key training.epoch, did you mean epochs/),
    ])
  })

  it('refuses several documents in a file', async () => {
    expect(await problems(`${good}---\n${good}`)).toEqual([
      'c.yaml:12:1: a config must be one document, got another one after ---; give each config a file of its own, or compare them with kd compare',
    ])
  })

  it('fills every default in', async () => {
    const { config } = await readConfig(await file(good))
    expect(config).toEqual({
      dataset: { name: 'digits', validation: 0.1, labelNoise: { kind: 'none' }, seed: 0 },
      student: { model: { name: 'mlp', hiddenUnits: [16] }, keep: 'best' },
      teachers: [{ model: { name: 'mlp', hiddenUnits: [128] }, training: { ...training, epochs: 3 } }],
      method: { name: 'vanilla-kd', temperature: 4, softLossWeight: 0.9, hardLossWeight: 0.1 },
      training: { ...training, epochs: 2 },
      teacherMode: 'eval',
      seed: 0,
    })
  })

  it('reads the same from JSON and from an object', async () => {
    const { config } = await readConfig(await file(good))
    expect((await readConfig(await file(JSON.stringify(config), 'c.json'))).config).toEqual(config)
    expect((await readConfig(config as never)).config).toEqual(config)
  })

  it('names an unknown key, its place, the nearest right one and all of them', async () => {
    expect(await problems(good.replace('name: vanilla-kd', 'name: vanilla-kd\n  temprature: 3'))).toEqual([
      'c.yaml:10:3: unknown key method.temprature, did you mean temperature? ' +
        '(method has name, temperature, softLossWeight, hardLossWeight, reviseTeacher, dropTeachers, superLoss, selection)',
    ])
  })

  it('names an unknown value, the nearest right one and all of them', async () => {
    const [problem] = await problems(good.replace('vanilla-kd', 'vanila-kd'))
    expect(problem).toMatch(
      /^c\.yaml:9:9: unknown method\.name "vanila-kd", did you mean vanilla-kd\? \(one of label-loss, /,
    )
    expect(await problems(`${good}teacherMode: evl\n`)).toEqual([
      'c.yaml:12:14: teacherMode must be one of eval, train, batch-statistics, got "evl", did you mean eval?',
    ])
  })

  it('reports everything at once', async () => {
    const text = good.replace('epochs: 2', 'epochs: two\n  batchSize: 0\n  lr: 3').replace('digits', 'digts')
    expect(await problems(text)).toEqual([
      expect.stringContaining('c.yaml:2:9: unknown dataset.name "digts", did you mean digits?'),
      'c.yaml:11:11: training.epochs must be a number, got "two"',
      'c.yaml:12:14: training.batchSize must be >= 1, got 0',
      expect.stringContaining('c.yaml:13:3: unknown key training.lr ('),
    ])
  })

  it.each([
    ['name: vanilla-kd\n  temperature: 0', 'c.yaml:10:16: method.temperature must be > 0, got 0'],
    ['name: vanilla-kd\n  temperature: -2', 'c.yaml:10:16: method.temperature must be > 0, got -2'],
    ['name: vanilla-kd\n  temperature: .nan', 'c.yaml:10:16: method.temperature must be a number, got NaN'],
    [
      'name: vanilla-kd\n  temperature: .inf',
      'c.yaml:10:16: method.temperature must be a number, got Infinity',
    ],
    ['temperature: 4', 'c.yaml:9:3: method.name is missing: one of label-loss'],
    [
      'name: label-revision\n  loss: kll',
      'c.yaml:10:9: unknown method.loss "kll", did you mean kl? (one of mse, kl)',
    ],
    ['name: label-revision\n  temperature: 4', 'c.yaml:10:3: unknown key method.temperature'],
  ])('checks the options of a method: %s', async (method, message) => {
    expect((await problems(good.replace('name: vanilla-kd', method)))[0]).toContain(message)
  })

  it.each([
    ['learningRate: fast', 'training.learningRate must be a number or a map of keys and values, got "fast"'],
    ['learningRate: -1', 'training.learningRate must be > 0, got -1'],
    [
      'learningRate: { schedule: cosin, initial: 1 }',
      'unknown training.learningRate.schedule "cosin", did you mean cosine?',
    ],
    ['learningRate: { schedule: step, initial: 1 }', 'training.learningRate.milestones is missing: a list'],
    ['gradientClipping: { nrm: 1 }', 'training.gradientClipping'],
  ])('checks a training: %s', async (line, message) => {
    expect((await problems(`${good}  ${line}\n`)).join('\n')).toContain(message)
  })

  it.each([
    [
      '{ model: { name: mlp } }',
      'teachers.0 must have exactly one of run, weights (with model), training (with model), onnx, model.file, logits and teacher, or answers',
    ],
    ['{ run: a, weights: b }', 'teachers.0 must have exactly one of'],
    ['{ weights: b }', 'teachers.0 must have a model'],
    [
      '{ run: a, model: { name: mlp } }',
      'teachers.0 must have no model: a run, a file or a plugin brings its own',
    ],
    ['{ onnx: a, model: { file: b } }', 'teachers.0 must have exactly one of'],
    ['{ onnx: a, take: 5 }', 'teachers.0 must have labelNoise, take, seed and checkpoints only beside'],
    ['{ model: { file: a }, input: x }', 'teachers.0 must have input only beside onnx'],
    ['{ logits: a, layout: NCHW }', 'teachers.0 must have layout only beside onnx or model.file'],
    ['{ run: a, classes: [0, 1] }', 'teachers.0 must have classes only beside onnx or model.file or logits'],
    ['{ onnx: a, temperature: 2 }', 'teachers.0 must have temperature only beside outputs: probabilities'],
    ['{ logits: a, answers: b }', 'teachers.0 must have one of logits and answers, got both'],
    ['{ logits: { train: a, tets: b } }', 'unknown key teachers.0.logits.tets, did you mean test?'],
    ['{ onnx: a, softmax: remove }', 'teachers.0 must have softmax only beside model.file'],
    ['{ model: { file: 3 } }', 'teachers.0.model.file must be text, got 3'],
    ['{ model: { file: a, nme: b } }', 'unknown key teachers.0.model.nme'],
    ['{ model: { hiddenUnits: [3] }, weights: a }', 'teachers.0.model.name is missing: one of'],
    ['{ model: mlp, weights: a }', 'teachers.0.model must be a map of keys and values such as { name: mlp }'],
    [
      '{ run: a, take: 5 }',
      'teachers.0 must have labelNoise, take, seed and checkpoints only beside training',
    ],
  ])('checks a teacher: %s', async (teacher, message) => {
    expect((await problems(good, `teachers=[${teacher}]`))[0]).toContain(message)
  })

  it('names the override that is wrong', async () => {
    expect(await problems(good, 'training.epochs=0', 'training.epocs=3')).toEqual([
      'override training.epochs=0: training.epochs must be >= 1, got 0',
      expect.stringContaining('override training.epocs=3: unknown key training.epocs, did you mean epochs?'),
    ])
  })

  it.each([
    ['epochs=3', 'unknown key epochs, did you mean training.epochs? (a config has'],
    ['temperature=4', 'unknown key temperature, did you mean method.temperature?'],
    ['momentum=0.8', 'unknown key momentum, did you mean training.optimizer.momentum?'],
    [
      'hiddenUnits=[8]',
      'unknown key hiddenUnits, did you mean method.hiddenUnits or student.model.hiddenUnits?',
    ],
    ['sed=3', 'unknown key sed, did you mean seed?'],
    ['nonsense.at.all=3', 'unknown key nonsense (a config has'],
    ['method=swap', 'method must be a map of keys and values such as { name: swap }, got "swap"'],
    ['dataset={ name: image-folder, path: x }', 'dataset.size is missing: a number or a list'],
  ])('says what %s may have meant', async (override, message) => {
    const [found] = await problems(good, override)
    expect(found).toContain(`override ${override}: ${message}`)
  })

  it('says how to replace a method whose options stay behind when another name is given', async () => {
    const text = good.replace('name: vanilla-kd', 'name: label-revision\n  eta: 0.5')
    expect(await problems(text, 'method.name=vanilla-kd')).toEqual([
      expect.stringMatching(
        /^override method\.name=vanilla-kd: unknown key method\.eta .*; method='\{ name: vanilla-kd \}' replaces all of the file's method$/,
      ),
    ])
    expect((await problems(text.replace('eta: 0.5', 'ta: 0.5')))[0]).not.toContain('replaces')
  })

  it('knows a comparison when it sees one', async () => {
    expect(await problems('base: c.yaml\nmethods: [{ name: swap }]\n')).toEqual([
      'c.yaml: is a comparison, got where the config of one run belongs; kd compare runs it',
    ])
  })

  it('asks for the sections that a command needs', async () => {
    expect(await problems('dataset: { name: digits }\nstudent: { model: { name: mlp } }\n')).toEqual([
      expect.stringContaining('c.yaml:1:1: method is missing: a map with name, one of label-loss, '),
      'c.yaml:1:1: training is missing: a map with at least epochs',
    ])
    expect(await problems('')).toEqual(['c.yaml:1:1: the config must be a map of keys and values, got null'])
  })

  it('starts relative paths at the config, and those of overrides at the working directory', async () => {
    const path = await file(
      good.replace('digits', 'cifar10\n  path: data').replace('training: { epochs: 3 }', 'weights: t.st'),
    )
    const { config } = await readConfig(path, {
      overrides: ['student.weights=s.st', 'dataset.labelNoise={kind: file, path: l.bin}'],
    })
    expect(config.dataset).toMatchObject({
      path: join(folder, 'data'),
      labelNoise: { path: resolve('l.bin') },
    })
    expect(config.teachers[0]!.weights).toBe(join(folder, 't.st'))
    expect(config.student.weights).toBe(resolve('s.st'))
  })

  it('says that a file is missing or far too large', async () => {
    await expect(readConfig('nowhere.yaml')).rejects.toThrow('nowhere.yaml: no such config file')
    await expect(readConfig(folder)).rejects.toThrow('cannot be read (a folder)')
    await expect(readConfig(await file('a'.repeat(1_000_001)))).rejects.toThrow(
      '1000001 bytes, more than 1000000',
    )
  })

  it('runs nothing but a plugin, whose methods then have names', async () => {
    await file(
      'export default { methods: { mine: ({ strength }) => ({ name: "mine", strength, needs: {}, start() {} }) } }',
      'mine.mjs',
    )
    const path = await file(
      good.replace('name: vanilla-kd', 'name: mine\n  strength: 3').concat('plugin: ./mine.mjs\n'),
    )
    const { config, catalogue } = await readConfig(path)
    expect(config.method).toEqual({ name: 'mine', strength: 3 })
    expect(makeMethod(config.method!, catalogue.methods)).toMatchObject({ name: 'mine', strength: 3 })
    expect(catalogue.methods['mine']!.summary).toBe(`from ${join(folder, 'mine.mjs')}`)
    expect((await problems(good.replace('vanilla-kd', 'mine')))[0]).toContain('unknown method.name "mine"')
  })

  it('takes methods, models, teachers, data sets and tasks of a plugin, each with its options', async () => {
    await file(
      `const make = (kind) => (options) => ({ kind, options })
export default {
  methods: { mine: make('method') },
  models: { mine: make('model') },
  teachers: { mine: make('teacher') },
  datasets: { mine: make('dataset') },
  tasks: { mine: make('task') },
}`,
      'all.mjs',
    )
    const text = `dataset: { name: mine, side: 3 }
task: { name: mine, weight: 2 }
student: { model: { name: mine, units: 4 } }
teachers: [{ teacher: { name: mine, address: there } }]
method: { name: mine, strength: 5 }
training: { epochs: 1 }
plugin: all.mjs
`
    const { config, catalogue } = await readConfig(await file(text))
    expect(config).toMatchObject({
      dataset: { name: 'mine', side: 3, validation: 0.1 },
      task: { name: 'mine', weight: 2 },
      student: { model: { name: 'mine', units: 4 } },
      teachers: [{ teacher: { name: 'mine', address: 'there' } }],
      method: { name: 'mine', strength: 5 },
    })
    const kinds = ['methods', 'models', 'teachers', 'datasets', 'tasks'] as const
    const made = kinds.map((kind) =>
      (catalogue[kind]['mine'] as unknown as (options: object) => object)({ a: 1 }),
    )
    expect(made).toEqual(
      ['method', 'model', 'teacher', 'dataset', 'task'].map((kind) => ({ kind, options: { a: 1 } })),
    )
    // What is built in stays there beside them.
    expect(Object.keys(catalogue.tasks).sort()).toEqual([
      'classification',
      'mine',
      'multi-label',
      'regression',
    ])
    for (const [without, key] of [
      ['dataset: { name: mine', 'dataset.name'],
      ['task: { name: mine', 'task.name'],
      ['model: { name: mine', 'student.model.name'],
      ['method: { name: mine', 'method.name'],
    ] as const) {
      const other = text.replace(without, without.replace('mine', 'yours'))
      expect((await problems(other))[0]).toContain(`unknown ${key} "yours"`)
    }
    expect((await problems(text.replace('teacher: { name: mine', 'teacher: { name: yours')))[0]).toContain(
      'unknown teachers.0.teacher.name "yours" (mine)',
    )
    expect((await problems(text.replace('plugin: all.mjs', 'seed: 1'))).join('\n')).toContain(
      'teachers.0.teacher must be one that the plugin brings, got no plugin with teachers',
    )
  })

  it("checks the options that a plugin's method declares, and keeps what is built in", async () => {
    const core = fileURLToPath(new URL('../../../core/src/index.ts', import.meta.url))
    await file(
      `import { defineMethod, positive } from ${JSON.stringify(core)}
const define = (name) => defineMethod({
  name,
  summary: 'of a test',
  source: 'a test',
  options: { strength: positive(3, 'how much') },
  needs: { teachers: 1 },
  loss: ({ studentLogits }) => ({ teacher: studentLogits }),
})
export default { methods: { mine: define('mine'), 'vanilla-kd': define('vanilla-kd') } }`,
      'declared.mjs',
    )
    const text = good.replace('name: vanilla-kd', 'name: mine').concat('plugin: declared.mjs\n')
    const { config, catalogue } = await readConfig(await file(text))
    expect(config.method).toEqual({ name: 'mine', strength: 3 })
    expect(catalogue.methods['mine']!.summary).toBe('of a test')
    expect(await problems(text, 'method.strength=-1')).toEqual([
      'override method.strength=-1: method.strength must be > 0, got -1',
    ])
    expect((await problems(text, 'method.strenght=1'))[0]).toContain('did you mean strength?')
    const built = await readConfig(await file(good.concat('plugin: declared.mjs\n')))
    expect(built.config.method).toEqual({
      name: 'vanilla-kd',
      temperature: 4,
      softLossWeight: 0.9,
      hardLossWeight: 0.1,
    })
  })

  it("puts Label Revision and Data Selection around a plugin's method, which does not see their options", async () => {
    await file(
      `export default {
  methods: { mine: (options) => ({ name: Object.keys(options).join(), needs: { teachers: 1 }, start: () => ({ phases: [] }) }) },
}`,
      'around.mjs',
    )
    const around = 'reviseTeacher: { eta: 0.5 }\n  selection: { fraction: 0.5 }'
    const text = good
      .replace('name: vanilla-kd', `name: mine\n  temperature: 3\n  ${around}`)
      .concat('plugin: around.mjs\n')
    const { config, catalogue } = await readConfig(await file(text))
    expect(makeMethod(config.method!, catalogue.methods).name).toBe('selected-revised-temperature')
    expect(await problems(text.replace('fraction: 0.5', 'fractoin: 0.5'))).toEqual([
      expect.stringContaining('unknown key method.selection.fractoin, did you mean fraction?'),
    ])
    // Without a temperature of the method it revises at its own, 1.
    const none = await readConfig(await file(text.replace('  temperature: 3\n', '')))
    expect(makeMethod(none.config.method!, none.catalogue.methods).name).toBe('selected-revised-')
  })

  it.each([
    [
      'of the form before methods were started',
      '{ name: "mine", needs: {}, loss() {} }',
      'an object with name, needs, loss',
    ],
    ['promised', 'Promise.resolve({})', 'a promise'],
    ['forgotten', 'undefined', 'undefined'],
  ])('refuses a method %s', async (_, made, found) => {
    await file(`export default { methods: { mine: () => (${made}) } }`, 'old.mjs')
    const text = good.replace('name: vanilla-kd', 'name: mine\n  superLoss: {}').concat('plugin: old.mjs\n')
    const { config, catalogue } = await readConfig(await file(text))
    expect(() => makeMethod(config.method!, catalogue.methods)).toThrow(
      `method mine must be a method with name, needs and start(run), got ${found}\n  make it with defineMethod`,
    )
  })

  it('says what is wrong with a plugin', async () => {
    await file('export const methods = {}', 'empty.mjs')
    await expect(readConfig(await file(`${good}plugin: empty.mjs\n`))).rejects.toThrow(
      'must have a default export',
    )
    await expect(readConfig(await file(`${good}plugin: none.mjs\n`))).rejects.toThrow(
      'must be an ES module that loads',
    )
    await file('export default { models: { mine: 3 } }', 'number.mjs')
    await expect(readConfig(await file(`${good}plugin: number.mjs\n`))).rejects.toThrow(
      'must have functions as models, such as { models: { name: (options) => … } }, got mine',
    )
  })
})

const training = {
  batchSize: 64,
  optimizer: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0, decoupled: false },
  learningRate: 0.05,
}
