import { realpathSync, writeFileSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { parse } from 'yaml'
import { readBiasVariance } from '../../packages/cli/src/jobs/analyse/read-bias-variance.js'
import { readComparison } from '../../packages/cli/src/jobs/compare/read-comparison.js'
import { mapConfigPaths } from '../../packages/cli/src/config/config-paths.js'
import { readConfig, type ReadConfig } from '../../packages/cli/src/config/read-config.js'
import { makeMethod } from '../../packages/cli/src/config/methods.js'
import { makeTraining } from '../../packages/cli/src/run/training/make-training.js'
import { readJob, type ReadyJob } from '../../packages/cli/src/jobs/job/read-job.js'
import type { RandomSource } from '../../packages/core/src/index.js'
import { BrokenPromise, type FuzzTarget } from './fuzz-target.js'
import { mutateText, mutateValue, pick } from './mutate.js'
import { strangeTexts, strangeValues } from './strange-values.js'

const configs = [
  `dataset:
  name: digits
  validation: 0.1
  take: { train: 200, test: 40 }
  labelNoise: { kind: symmetric, rate: 0.2 }
  augmentation: { crop: { padding: 1 }, flip: true, cutout: { size: 2 }, mixup: { alpha: 0.5 } }
teachers:
  - model: { name: mlp, hiddenUnits: [16] }
    take: 0.5
    checkpoints: [1, 2]
    training: { epochs: 2, optimizer: { name: adam, weightDecay: 0.01 }, learningRate: 0.01 }
student:
  model: { name: wide-resnet, depth: 10, widthFactor: 1, dropoutRate: 0.3 }
  part: { number: 1, of: 5 }
  keep: last
method: { name: label-revision, eta: 0.5, selection: { score: influence, model: student, every: 1, fraction: 0.6 } }
training:
  epochs: 3
  batchSize: 32
  optimizer: { name: sgd, nesterov: true }
  learningRate: { schedule: cosine, initial: 0.1, every: step }
  warmUp: 1.5
  gradientClipping: { norm: 1 }
seed: 3
engine: cpu
`,
  `dataset: { name: csv, path: data/points.csv, label: side, seed: a }
teachers: [{ run: runs/teacher }, { model: { name: mlp }, weights: data/w.safetensors }]
student: { model: { name: mlp, hiddenUnits: [8] }, weights: data/w.safetensors }
method: { name: adaptive-mixing, preset: cifar100, every: 4, warmUpEpochs: 4, learningRate: 0.1 }
training: { epochs: 1, learningRate: { schedule: step, initial: 0.1, milestones: [1, 2] }, earlyStop: 2 }
`,
  `{ "dataset": { "name": "digits", "labelNoise": { "kind": "file", "path": "data/labels.bin" } },
  "student": { "model": { "name": "mlp" } }, "method": { "name": "weighted-soft-labels" }, "training": { "epochs": 1 } }
`,
]
const values = configs.map((text) => parse(text) as Record<string, unknown>)
const comparison = {
  base: { ...values[0], student: { model: { name: 'mlp', hiddenUnits: [8] }, keep: 'last' } },
  methods: {
    KD: { name: 'vanilla-kd' },
    LR: { name: 'label-revision', eta: 0.5 },
    alone: { name: 'label-loss' },
  },
  axes: { 'student.model.hiddenUnits': { small: [16], large: [64] }, 'training.epochs': [1, 2] },
  seeds: 2,
  baseline: { method: 'KD' },
}
const keys = [
  'training.epochs',
  'teachers.0.model.name',
  'method',
  'dataset.take.train',
  'student.model.hiddenUnits.0',
  'seed',
  'base',
  'x',
]

/** So that some inputs are right and what comes behind the refusals is seen too. */
const rightOverrides = ['training.epochs=2', 'student.model.hiddenUnits.0=8', 'seed=3']

/** What has to be sure before a training starts. */
function prepared({ config, catalogue }: ReadConfig): unknown {
  makeTraining(config.training!)
  return [config, makeMethod(config.method!, catalogue.methods).name]
}

const required = ['method', 'training'] as const

const job = {
  kind: 'distill',
  id: 'b'.repeat(64),
  name: 'KD, seed 0',
  config: values[2],
  teachers: 'runs/all/teachers',
  threads: 1,
  needs: ['c'.repeat(64)],
  folder: 'runs/all/runs/kd-seed-0',
}
const jobs = [
  job,
  { ...job, config: values[1] },
  { ...job, config: values[0], kind: 'teacher', index: 0, folder: undefined },
  { ...job, config: { ...values[2], plugin: './evil.mjs' } },
].map((one) => JSON.parse(JSON.stringify(one)) as Record<string, unknown>)

/** Of every path of a job that was taken. */
function assertInside({ job: taken, read }: ReadyJob, workspace: string): void {
  const paths = [taken.teachers, ...(taken.kind === 'distill' ? [taken.folder] : [])].map((path) =>
    resolve(workspace, path),
  )
  mapConfigPaths(read.config, (path) => {
    paths.push(path)
    return path
  })
  for (const path of paths) {
    if (!(existing(path) + sep).startsWith(workspace + sep)) throw new BrokenPromise(`${path} lies outside`)
  }
  if (read.config.plugin !== undefined) throw new BrokenPromise('it has a plugin')
}

/** Where a path leads, as far as it exists. */
function existing(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path === dirname(path) ? path : existing(dirname(path))
  }
}

function overrides(random: RandomSource): string[] {
  return Array.from({ length: 1 + random.integer(3) }, () => {
    if (random.integer(4) === 0) return pick(random, rightOverrides)
    const value =
      random.integer(2) === 0 ? pick(random, strangeTexts) : JSON.stringify(pick(random, strangeValues))
    const text = `${pick(random, keys)}=${value}`
    return random.integer(2) === 0 ? text : mutateText(random, text)
  })
}

/** Configs and messages: the working directory is the workspace. */
export const configTargets: Record<string, FuzzTarget> = {
  'config files': {
    make: (random) => mutateText(random, pick(random, configs)),
    read: async (input) => {
      const path = resolve('config.yaml')
      writeFileSync(path, input as string)
      return prepared(await readConfig(path, { required }))
    },
  },
  'config objects': {
    make: (random) => mutateValue(random, pick(random, values)),
    read: async (input) => prepared(await readConfig(input as never, { required })),
  },
  overrides: {
    make: overrides,
    read: async (input) =>
      prepared(await readConfig(values[0] as never, { overrides: input as string[], required })),
  },
  comparisons: {
    make: (random) => {
      const whole = random.integer(2) === 0 ? comparison : { ...comparison, splits: 3 }
      return random.integer(8) === 0 ? whole : mutateValue(random, whole)
    },
    read: async (input) => {
      if (typeof input === 'object' && input !== null && 'splits' in input)
        return readBiasVariance(input as never, { overrides: [] })
      return readComparison(input as never, [])
    },
  },
  'queue messages': {
    make: (random) => {
      const whole = pick(random, jobs)
      // As they come from a queue: text that somebody could have written.
      if (random.integer(3) > 0) return JSON.stringify(mutateValue(random, whole)) ?? 'null'
      return mutateText(random, JSON.stringify(whole))
    },
    read: async (input) => {
      let message: unknown
      try {
        message = JSON.parse(input as string)
      } catch {
        // Text that is no JSON never gets as far as a job.
        message = input
      }
      const workspace = process.cwd()
      const ready = await readJob(message, { workspace, trusted: false })
      assertInside(ready, workspace)
      return ready.job
    },
  },
}
