import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { withTeacherTimeout } from './command-options.js'
import { readComparison } from '../../jobs/compare/read-comparison.js'
import { commandName } from '../terminal/terminal.js'
import type { EvaluationResult } from '../../run/run-evaluation.js'
import { runKd } from '../../testing/run-kd.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-commands-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('kd init', () => {
  it('writes a run and a comparison that work at once without a word more, and overwrites nothing', async () => {
    const kd = commandName(process.env)
    const from = process.cwd()
    const home = join(folder, 'new')
    await mkdir(home)
    process.chdir(home)
    try {
      const made = await runKd(['init'])
      expect([made.exitCode, made.out]).toEqual([
        0,
        `wrote kd.yaml, a run, and compare.yaml, which sets methods against each other\nnext: ${kd} distill\n`,
      ])
      const few = ['training.epochs=1', 'teachers.0.training.epochs=1', 'dataset.take={train: 300, test: 60}']
      const run = await runKd(['distill', ...few, '--engine', 'wasm'])
      expect([run.exitCode, run.err]).toEqual([0, expect.stringContaining('student alone epoch 1/1')])
      expect(run.out).toMatch(/teacher \(small-cnn\) +\d+\.\d\d % +\d+\.\d\d %/)
      expect(run.out).toMatch(/\nstudent alone, best on validation \(1\) +\d/)
      expect(run.out).toMatch(
        /\nsaved student on test, in points: \S+ to the student alone, \S+ to the teacher\n/,
      )
      expect(run.out).toMatch(/\nteacher \(small-cnn\) +24,282 +97\.1 kB +10\.1 x +\S+ ms +\S+ ms\n/)
      const path = join('runs', 'kd-vanilla-kd-0')
      expect(run.out).toContain(`run folder ${path} (student: best on validation)`)
      // What it says to do next can be done, and is what these commands do by themselves.
      for (const [command, ...words] of [['report', path], ['evaluate', path], ['report'], ['evaluate']]) {
        if (words.length > 0) expect(run.out).toContain(`\n  ${kd} ${command} ${words[0]} `)
        expect(await runKd([command!, ...words])).toMatchObject({
          exitCode: 0,
          out: expect.stringContaining(path),
        })
      }
      expect(run.out).toContain(`\n  ${kd} compare compare.yaml `)
      const { axes, points } = await readComparison('compare.yaml', ['seeds=2'])
      expect(axes[0]!.values.map(({ label }) => label)).toEqual(['student alone', 'KD', 'WSL'])
      expect(points).toHaveLength(6)

      await rm('kd.yaml')
      await writeFile('compare.yaml', 'mine')
      const again = await runKd(['init'])
      expect([again.exitCode, again.err]).toEqual([
        2,
        'error compare.yaml exists already; kd init overwrites nothing: name another folder\n',
      ])
      expect([await readFile('compare.yaml', 'utf8'), existsSync('kd.yaml')]).toEqual(['mine', false])
    } finally {
      process.chdir(from)
    }
  }, 60_000)

  it('says how to run what it wrote elsewhere', async () => {
    const made = await runKd(['init', join(folder, 'elsewhere')])
    const config = join(folder, 'elsewhere/kd.yaml')
    expect(made.out).toContain(`next: ${commandName(process.env)} distill ${config}\n`)
    expect(existsSync(config)).toBe(true)
  })
})

describe('kd list', () => {
  it.each([
    ['methods', 'weighted-soft-labels'],
    ['models', 'cifar-resnet'],
    ['datasets', 'fashion-mnist'],
    ['tasks', 'regression'],
    ['engines', 'wasm'],
  ])('%s', async (what, name) => {
    const run = await runKd(['list', what, '--json'])
    const { [what]: listed } = run.json() as Record<string, { name: string; summary: string }[]>
    expect(listed!.map((entry) => entry.name)).toContain(name)
    expect(listed!.every(({ summary }) => summary.length > 0)).toBe(true)
    expect((await runKd(['list', what])).out).toContain(`\n${name} `)
  })
})

describe('kd list of one name', () => {
  const options = async (...words: string[]): Promise<readonly object[]> => {
    const [one] = Object.values((await runKd(['list', ...words, '--json'])).json()) as {
      options: object[]
    }[][]
    return one![0]!.options
  }

  it('shows its options with their defaults, as its definition has them', async () => {
    const { out } = await runKd(['list', 'methods', 'vanilla-kd'])
    expect(out).toMatch(/^vanilla-kd: .+\nsource: .*Hinton/)
    expect(out).toMatch(/\ntemperature +number +4 +\w/)
    expect(await options('methods', 'vanilla-kd')).toContainEqual({
      ...{ name: 'temperature', values: 'number', default: 4, required: false },
      text: expect.stringMatching(/soften/) as unknown,
    })
    expect(await options('datasets', 'csv')).toContainEqual(
      expect.objectContaining({ name: 'path', values: 'text', required: true }),
    )
    // As a config calls it, where dataset.seed is that of the splits.
    const ofBlobs = (await options('datasets', 'blobs')) as { name: string }[]
    expect(ofBlobs.map(({ name }) => name)).toContain('generatorSeed')
    expect(ofBlobs.map(({ name }) => name)).not.toContain('seed')
  })

  it('says which form of a method has an option', async () => {
    const found = await options('methods', 'label-revision')
    expect(found).toContainEqual(expect.objectContaining({ name: 'loss', values: 'mse', default: 'mse' }))
    expect(found).toContainEqual(expect.objectContaining({ name: 'temperature', form: 'loss: kl' }))
    const eta = found.filter((option) => (option as { name: string }).name === 'eta')
    expect(eta).toEqual([expect.not.objectContaining({ form: expect.anything() as unknown })])
  })

  it('refuses a name that is not there', async () => {
    const { exitCode, err } = await runKd(['list', 'methods', 'vanila-kd'])
    expect([exitCode, err]).toEqual([
      2,
      'error kd list: name must be one of methods, got vanila-kd, did you mean vanilla-kd?; kd list methods shows them all\n',
    ])
  })
})

describe('--teacher-timeout', () => {
  it('stands for the key of the config', async () => {
    const config = join(folder, 'timeout.yaml')
    const content = `dataset: { name: digits, take: { train: 64, test: 20 } }
teachers: [{ model: { name: mlp, hiddenUnits: [4] }, training: { epochs: 1 } }]
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: vanilla-kd }
training: { epochs: 1 }
teacherTimeout: 9
engine: cpu
`
    await writeFile(config, content)
    const recorded = async (path: string): Promise<unknown> =>
      (parse(await readFile(join(path, 'config.yaml'), 'utf8')) as Record<string, unknown>)['teacherTimeout']
    const out = join(folder, 'timed')
    const flag = ['--teacher-timeout', '2.5']
    const distilled = await runKd(['distill', config, ...flag, '--out', out])
    expect([distilled.exitCode, distilled.err]).toEqual([0, expect.stringContaining('student epoch 1/1')])
    expect(await recorded(out)).toBe(2.5)
    expect((await runKd(['evaluate', out, ...flag])).exitCode).toBe(0)

    // The runs of a comparison are other processes: what they are given is in its plan.
    expect(withTeacherTimeout(['seeds=1'], { teacherTimeout: 2.5 }, 'base.')).toEqual([
      'seeds=1',
      'base.teacherTimeout=2.5',
    ])
    expect((await runKd(['compare', '--help'])).out).toContain('--teacher-timeout <seconds>')
    expect((await runKd(['train', '--help'])).out).not.toContain('--teacher-timeout')

    const wrong = await runKd(['keep-answers', config, '--teacher-timeout', '0'])
    expect([wrong.exitCode, wrong.err]).toEqual([2, expect.stringContaining('It must be a number above 0.')])
  }, 60_000)
})

describe('kd evaluate', () => {
  it('shows the figures of the task', async () => {
    const config = join(folder, 'ink.yaml')
    await writeFile(
      config,
      `dataset: { name: digits, take: { train: 64, test: 30 } }
task: { name: regression }
student: { model: { name: mlp, hiddenUnits: [4] } }
training: { epochs: 1 }
engine: cpu
`,
    )
    const out = join(folder, 'ink')
    const trained = await runKd(['train', config, '--out', out])
    expect(trained.out).toMatch(/root mean squared error +train +validation +test\n/)
    const text = (await runKd(['evaluate', out])).out
    expect(text).toMatch(/^mlp +30 test examples of digits\n/)
    expect(text).toMatch(/\nroot mean squared error +\d\.\d{4}\n/)
    const result = (await runKd(['evaluate', out, '--json'])).json() as unknown as EvaluationResult
    expect(result).toMatchObject({
      task: { name: 'regression', monitor: 'rootMeanSquaredError' },
      figures: { examples: 30, rootMeanSquaredError: expect.any(Number) as unknown },
    })
    expect(text).toContain(result.figures['rootMeanSquaredError']!.toFixed(4))
    expect(Object.keys(result.figures)).not.toContain('top1')
  })
})

describe('a plugin', () => {
  it('is listed with everything that it brings', async () => {
    const plugin = join(folder, 'everything.mjs')
    await writeFile(
      plugin,
      `export default {
  methods: { mine: () => undefined },
  models: { tiny: () => undefined },
  datasets: { noise: () => undefined },
  tasks: { counts: () => undefined },
  teachers: { oracle: () => undefined },
}
`,
    )
    for (const [what, name, builtIn] of [
      ['methods', 'mine', 'vanilla-kd'],
      ['models', 'tiny', 'mlp'],
      ['datasets', 'noise', 'digits'],
      ['tasks', 'counts', 'classification'],
    ] as const) {
      const { out } = await runKd(['list', what, '--plugin', plugin])
      expect(out).toMatch(new RegExp(`\\n${name} +from ${literal(plugin)}\\n`))
      expect(out).toContain(`\n${builtIn} `)
    }
    const teachers = await runKd(['list', 'teachers', '--plugin', plugin, '--json'])
    expect(teachers.json()).toEqual({ teachers: [{ name: 'oracle', summary: `from ${plugin}` }] })
  })

  it('is listed and distils', async () => {
    const plugin = join(import.meta.dirname, '../../testing/half-labels.mjs')
    const listed = await runKd(['list', 'methods', '--plugin', plugin])
    expect(listed.out).toContain('half-labels')

    const config = join(folder, 'plugin.yaml')
    await writeFile(
      config,
      `plugin: ${plugin}
dataset: { name: digits, take: { train: 64 } }
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: half-labels, scale: 0 }
training: { epochs: 1 }
engine: cpu
`,
    )
    const out = join(folder, 'with-plugin')
    const run = await runKd(['distill', config, '--out', out, '--json'])
    expect(run.err).toContain('student epoch 1/1: loss 0.0000')
    expect(parse(await readFile(join(out, 'config.yaml'), 'utf8'))).toMatchObject({
      plugin,
      method: { name: 'half-labels', scale: 0 },
    })
  })

  it('is not run by kd evaluate and kd report because a run names it, only because the user does', async () => {
    const out = join(folder, 'not-mine')
    const mine = join(folder, 'mine.yaml')
    await writeFile(
      mine,
      '{ dataset: { name: digits, take: { train: 64, test: 20 } }, student: { model: { name: mlp } }, training: { epochs: 1 }, engine: cpu }',
    )
    expect((await runKd(['train', mine, '--out', out])).exitCode).toBe(0)
    const plugin = join(folder, 'trap.mjs')
    await writeFile(
      plugin,
      `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(join(folder, 'trapped'))}, '')\nexport default {}\n`,
    )
    await appendFile(join(out, 'config.yaml'), `plugin: ${plugin}\n`)
    const evaluated = await runKd(['evaluate', out])
    expect(evaluated.err).toBe(
      `error ${join(out, 'config.yaml')} must name no plugin, which is code of whoever made the run, got ${plugin}; ` +
        `if you trust that file, say so on the command line: plugin=${plugin}\n`,
    )
    expect(evaluated.exitCode).toBe(2)
    expect((await runKd(['report', out])).exitCode).toBe(0)
    expect((await runKd(['watch', out])).exitCode).toBe(0)
    const teachers = `teachers=[{ run: ${out} }]`
    const taught = ['distill', mine, teachers, 'method={ name: vanilla-kd }', '--out', join(folder, 'taught')]
    expect((await runKd(taught)).exitCode).toBe(0)
    expect(existsSync(join(folder, 'trapped'))).toBe(false)
    expect((await runKd(['evaluate', out, `plugin=${plugin}`])).exitCode).toBe(0)
    expect(existsSync(join(folder, 'trapped'))).toBe(true)
  })
})

describe('kd doctor', () => {
  it('says of every engine and data set whether it is there, or why not', async () => {
    const run = await runKd(['doctor', '--json'])
    expect(run.exitCode).toBe(0)
    const found = run.json() as {
      engines: { name: string; loads: boolean; reason?: string; hint?: string }[]
      datasets: object[]
    }
    expect(found).toMatchObject({ node: process.version, packages: { '@tensorflow/tfjs-core': '4.22.0' } })
    expect(found.engines.map(({ name }) => name)).toEqual([
      'node-gpu',
      'native',
      'node',
      'wasm',
      'cpu',
      'webgpu',
    ])
    for (const { loads, reason } of found.engines) expect(loads).toBe(reason === undefined)
    expect(found.datasets).toContainEqual({
      name: 'digits',
      found: true,
      detail: '1437 training, 360 test examples',
    })
    const { out } = await runKd(['doctor'])
    expect(out).toMatch(/cpu +yes +4\.22\.0/)
    for (const { name, loads, reason, hint } of found.engines) {
      if (!loads)
        expect(out).toMatch(new RegExp(`${name} +no +${literal(reason!)}\n +to mend it: ${literal(hint!)}\n`))
    }
  })
})

/** A pattern for this very text. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
