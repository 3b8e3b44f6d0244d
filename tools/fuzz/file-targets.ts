import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readComparisonFile } from '../../packages/cli/src/jobs/compare/read-comparison-file.js'
import { readRun } from '../../packages/cli/src/cli/report/read-run.js'
import { RunLog, type RunLogLine } from '../../packages/cli/src/run/log/run-log.js'
import { spreadOf } from '../../packages/cli/src/run/log/spread.js'
import { recordedRun } from '../../packages/cli/src/run/origin/recorded-run.js'
import { RunFolder } from '../../packages/cli/src/run/folder/run-folder.js'
import {
  comparisonCsv,
  comparisonLatex,
  comparisonMarkdown,
  comparisonText,
} from '../../packages/report/src/index.js'
import type { FuzzTarget } from './fuzz-target.js'
import { mutateText, mutateValue, pick } from './mutate.js'
import type { RandomSource } from '../../packages/core/src/index.js'

const metrics = { loss: 0.5, top1: 0.9 }
const spread = spreadOf([0.1, 0.5, 0.7], 2)
const student = { epoch: 1, validation: metrics, test: metrics }
/** What a run leaves behind. */
export const runFiles = {
  'config.yaml': 'dataset: { name: digits }\nmethod: { name: vanilla-kd }\nseed: 1\n',
  'environment.json': JSON.stringify({ id: 'a', seed: 1, engine: 'cpu', data: { sha256: 'b' }, node: 'v20' }),
  'metrics.jsonl': [
    {
      kind: 'epoch',
      epoch: 1,
      steps: 3,
      seconds: 0.1,
      learningRate: 0.05,
      train: { loss: 0.5, parts: { label: 0.5 }, figures: { top1: 0.9 } },
      validation: metrics,
    },
    { kind: 'method', epoch: 1, figures: { label: 0.5 } },
    { kind: 'examples', epoch: 1, spreads: { loss: spread }, shares: { revised: 0.1 } },
    {
      kind: 'result',
      ended: 'epochs',
      task: {
        name: 'classification',
        monitor: 'top1',
        kinds: { top1: { title: 'Accuracy', unit: 'share', better: 'higher' } },
      },
      seconds: 1,
      last: student,
      best: student,
      teachers: [{ model: 'mlp', train: metrics }],
    },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(''),
  'diagnostics.json': JSON.stringify({
    version: 1,
    student: 'best',
    classNames: ['0', '1'],
    parameters: 10,
    split: 'test',
    confusion: [
      [1, 0],
      [0, 1],
    ],
    reliability: [{ confidence: 0.5, accuracy: 0.5, count: 2 }],
    regularization: [{ teacher: 1, temperature: 4, atLabel: 1, overall: 1, examples: 2 }],
    measures: [
      {
        name: 'm',
        meaning: 'x',
        edges: [0, 1],
        counts: [2],
        highest: [{ id: 1, value: 1, label: 0, image: 'AAAA' }],
        lowest: [],
      },
    ],
  }),
}
const comparison = JSON.stringify({
  version: 1,
  name: 'c',
  axes: [{ name: 'method', labels: ['KD', 'LR'] }],
  seeds: [0, 1],
  baseline: { method: 'KD' },
  figure: { name: 'f1', title: 'F1', unit: 'share', better: 'higher' },
  runs: ['KD', 'LR'].flatMap((method) =>
    [0, 1].map((seed) => ({
      labels: { method },
      seed,
      id: 'a',
      folder: `runs/${method}-${seed}`,
      state: 'done',
      last: { epoch: 1, validation: 0.9, test: 0.8 + seed / 100 },
      best: { epoch: 1, validation: 0.9, test: 0.8 },
      teachers: [{ train: 0.9, test: 0.9 }],
      seconds: 1,
    })),
  ),
})

/** One of the lines, or the whole, as text or as values. */
export function changedJson(random: RandomSource, text: string): string {
  if (random.integer(3) === 0) return mutateText(random, text)
  const lines = text.trimEnd().split('\n')
  const line = random.integer(lines.length)
  try {
    const value: unknown = JSON.parse(lines[line]!)
    return `${lines.with(line, JSON.stringify(mutateValue(random, value)) ?? '').join('\n')}\n`
  } catch {
    return mutateText(random, text)
  }
}

type RunFile = keyof typeof runFiles
const names = Object.keys(runFiles) as RunFile[]

/** Something in a run's folder: a file, a folder or a link that leads out of it. */
interface Entry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link'
}
const entryNames = [
  ...names,
  'checkpoint',
  'student',
  'teacher-1',
  'teacher-1-epoch-3',
  'report.html',
  'config.yaml.12.tmp',
  'metrics.jsonl.99999999999999999999.tmp',
  'lock.00000000-0000-4000-8000-000000000000',
  'lock-here',
  'notes.txt',
  '.hidden',
  'student.bak',
]

/** Files that are read back: the working directory is where they lie. */
export const fileTargets: Record<string, FuzzTarget> = {
  'run folders': {
    make: (random) => {
      const changed = pick(random, names)
      return { ...runFiles, [changed]: changedJson(random, runFiles[changed]) }
    },
    read: async (input) => {
      const folder = resolve('run')
      mkdirSync(folder, { recursive: true })
      for (const [name, text] of Object.entries(input as object))
        writeFileSync(join(folder, name), text as string)
      return [await recordedRun(folder), await readRun(folder, 'run')]
    },
  },
  'comparison files': {
    make: (random) => changedJson(random, comparison),
    read: async (input) => {
      const folder = resolve('comparison')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'comparison.json'), input as string)
      const found = await readComparisonFile(folder)
      if (found === undefined) return undefined
      return [comparisonText(found), comparisonMarkdown(found), comparisonLatex(found), comparisonCsv(found)]
    },
  },
  'folders to write into': {
    make: (random) => ({
      how: pick(random, [{ force: true }, { resume: true }, {}]),
      entries: Array.from({ length: random.integer(6) }, () => ({
        name: pick(random, entryNames),
        kind: pick(random, ['file', 'file', 'folder', 'link']),
      })),
    }),
    read: async (input) => {
      const { how, entries } = input as { how: object; entries: readonly Entry[] }
      const out = resolve('out')
      rmSync(out, { recursive: true, force: true })
      mkdirSync(out)
      for (const { name, kind } of new Map(entries.map((entry) => [entry.name, entry])).values()) {
        if (kind === 'link') symlinkSync('../../outside', join(out, name))
        else if (kind === 'folder') {
          mkdirSync(join(out, name))
          symlinkSync('../../../outside/secret.txt', join(out, name, 'weights.bin'))
        } else writeFileSync(join(out, name), 'there before')
      }
      const folder = await RunFolder.create({ out, name: 'run', ...how })
      try {
        await folder.writeYaml('config.yaml', { a: 1 })
        await new RunLog(folder).append({ kind: 'epoch' } as RunLogLine)
        const student = RunFolder.at(await folder.makeFolder('student'))
        await student.writeFile('weights.bin', 'new')
      } finally {
        await folder.release()
      }
      return out
    },
  },
}
