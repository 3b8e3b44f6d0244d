// @isolated: sets KD_NATIVE_THREADS for the processes that it starts
import { randomSource } from '@kd/core'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildMain } from './testing/build-main.js'
import { killRun, type KillMoment, type Remains } from './testing/kill-run.js'
import { runOutcome } from './testing/run-outcome.js'

/** How many runs are killed: few where every change is tested, 100 by `npm run test:kills`. */
const kills = Number(process.env['KD_KILLS'] ?? 6)

/** Unless the environment names another addon, or none. */
const native =
  process.env['KD_NATIVE_ADDON'] === undefined &&
  ['native/dist/index.js', 'native/dist-addon/kd-native.node'].every((file) =>
    existsSync(join(import.meta.dirname, '../..', file)),
  )

const digits = 'name: digits, take: { train: 200, test: 40 }'
const recipe =
  '{ model: { name: mlp, hiddenUnits: [48] }, training: { epochs: 2, optimizer: { name: adam }, learningRate: 0.01 } }'

/** Together they have every kind of state that a run can have. */
const configs: Record<string, string> = {
  'momentum, label revision on a refreshed selection, teacher by a recipe': `
dataset: { ${digits}, labelNoise: { kind: symmetric, rate: 0.2 } }
teachers: [${recipe}]
student: { model: { name: mlp, hiddenUnits: [24] } }
method: { name: label-revision, selection: { score: influence, model: student, every: 1, fraction: 0.6 } }
training: { epochs: 4, batchSize: 32, optimizer: { name: sgd, nesterov: true }, learningRate: { schedule: cosine, initial: 0.1, every: step }, warmUp: 1.5 }
baseline: true
engine: ${native ? 'native' : 'cpu'}`,
  'Adam, early stop, two teachers by recipes': `
dataset: { ${digits} }
teachers: [${recipe}, ${recipe}]
student: { model: { name: mlp, hiddenUnits: [16, 16] } }
method: { name: weighted-soft-labels }
training: { epochs: 30, batchSize: 20, optimizer: { name: adam, weightDecay: 0.01 }, learningRate: 0.02, earlyStop: 2, gradientClipping: { norm: 1 } }
engine: cpu`,
  'augmentation, dropout, moving averages': `
dataset: { name: digits, take: { train: 80, test: 40 }, augmentation: { crop: { padding: 1 }, flip: true, cutout: { size: 2 }, mixup: { alpha: 0.5 } } }
student: { model: { name: wide-resnet, depth: 10, widthFactor: 1, dropoutRate: 0.3 }, keep: last }
method: { name: label-smoothing }
training: { epochs: 3, batchSize: 16 }
engine: wasm`,
}

interface Subject {
  readonly config: string
  /** What the run that nobody interrupts leaves. */
  readonly whole: Readonly<Record<string, string>>
  /** How long it takes and how many checkpoints it has, one after each step. */
  readonly uninterrupted: Remains
}

let folder: string
let main: string
let removeMain: () => Promise<void>
const subjects = new Map<string, Subject>()

const kd = (...words: string[]) =>
  promisify(execFile)(process.execPath, [main, ...words], {
    env: { ...process.env, KD_NATIVE_THREADS: '1' },
  })

const threads = process.env['KD_NATIVE_THREADS']
beforeAll(async () => {
  process.env['KD_NATIVE_THREADS'] = '1'
  ;({ main, remove: removeMain } = await buildMain())
  folder = await mkdtemp(join(tmpdir(), 'kd-kills-'))
  for (const [index, [name, text]] of Object.entries(configs).entries()) {
    const config = join(folder, `${index}.yaml`)
    const out = join(folder, `whole-${index}`)
    await writeFile(config, text)
    const uninterrupted = await killRun(
      [main, 'distill', config, '--out', out, '--checkpoint-seconds', '0'],
      out,
    )
    subjects.set(name, { config, whole: await runOutcome(out), uninterrupted })
  }
}, 600_000)

afterAll(async () => {
  if (threads === undefined) delete process.env['KD_NATIVE_THREADS']
  else process.env['KD_NATIVE_THREADS'] = threads
  await removeMain()
  await rm(folder, { recursive: true })
})

describe('kd distill killed with SIGKILL', () => {
  const random = randomSource(process.env['KD_KILL_SEED'] ?? 1)
  const remains: Remains[] = []

  it.each(Array.from({ length: kills }, (_, index) => index))(
    'ends with the same bytes after --resume, kill %d',
    async (index) => {
      const [name, { config, whole, uninterrupted }] = [...subjects][index % subjects.size]!
      const draw = random.split(index)
      // Every second one while a checkpoint is written.
      const since = draw.uniform() < 0.1 ? 'start' : 'folder'
      const moment: KillMoment =
        index % 2 === 0
          ? { since, after: draw.uniform() * uninterrupted.lived[since] }
          : { write: 1 + draw.integer(uninterrupted.writes), delay: draw.integer(3) }
      // After each step, every 100 ms, or as it is by default.
      const seconds = 'write' in moment ? '0' : ['0', '0.1', '60'][draw.integer(3)]!
      const out = join(folder, `killed-${index}`)
      const words = ['distill', config, '--out', out, '--resume', '--checkpoint-seconds', seconds]
      remains.push(await killRun([main, ...words], out, moment))
      await kd(...words)
      expect(await runOutcome(out), `${name}, ${JSON.stringify(moment)}`).toEqual(whole)
      await rm(out, { recursive: true })
    },
    120_000,
  )

  it('had something to kill', () => {
    const count = (holds: (one: Remains) => boolean): number => remains.filter(holds).length
    const stages = ['nothing', 'begun', 'teacher', 'student', 'ended'].map(
      (stage) => `${stage} ${count((one) => one.killed && one.stage === stage)}`,
    )
    const found = [`killed ${count(({ killed }) => killed)}`, ...stages, `torn ${count(({ torn }) => torn)}`]
    if (process.env['KD_KILLS'] !== undefined) console.log(`${kills} runs: ${found.join(', ')}`)
    // A busy machine can make the run that was timed slow and one that is to be killed fast.
    expect(count(({ killed }) => killed)).toBeGreaterThanOrEqual(kills / 3)
  })
})
