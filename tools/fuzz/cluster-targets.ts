import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { collectComparison } from '../../packages/cli/src/jobs/compare/collect-comparison.js'
import { takeReply } from '../../packages/cli/src/jobs/runner/bullmq/job-reply.js'
import { readJobIndex } from '../../packages/cli/src/jobs/runner/indexed/job-index.js'
import { readJob } from '../../packages/cli/src/jobs/job/read-job.js'
import type { Job } from '../../packages/cli/src/jobs/job/job.js'
import type { RandomSource } from '../../packages/core/src/index.js'
import { changedJson, runFiles } from './file-targets.js'
import type { FuzzTarget } from './fuzz-target.js'
import { mutateText, mutateValue, pick } from './mutate.js'
import { strangeTexts } from './strange-values.js'

const id = 'a'.repeat(64)
const job = {
  kind: 'distill',
  id,
  name: 'KD, seed 0',
  config: {
    dataset: { name: 'digits' },
    student: { model: { name: 'mlp' } },
    method: { name: 'label-loss' },
    training: { epochs: 1 },
  },
  teachers: 'teachers',
  threads: 1,
  needs: [],
  folder: 'runs/kd-seed-0',
} as unknown as Job & { kind: 'distill' }
const index = JSON.stringify({
  version: 1,
  workspace: '.',
  jobs: [job, { ...job, kind: 'teacher', index: 0, folder: undefined }],
})

const files = {
  ...runFiles,
  'environment.json': runFiles['environment.json'].replace('"id":"a"', `"id":"${id}"`),
}
const reply = { version: 1, files }

const comparison = JSON.stringify({
  version: 1,
  name: 'c',
  axes: [{ name: 'method', labels: ['KD'] }],
  seeds: [0, 1, 2],
  runs: [0, 1, 2].map((seed) => ({
    ...{ labels: { method: 'KD' }, seed, state: 'submitted', folder: `runs/${seed}` },
    id: `${seed}`.repeat(64),
  })),
})
const failure = JSON.stringify({ message: 'out of memory' })

interface Collected {
  readonly comparison: string
  readonly failure: string
  readonly run: Readonly<Record<string, string>>
}

function changedFiles(random: RandomSource): Record<string, string> {
  const name = pick(random, Object.keys(files) as (keyof typeof files)[])
  return { ...files, [name]: changedJson(random, files[name]) }
}

/** What comes back from a cluster or a queue, or lies there for its tasks: the working directory is the workspace. */
export const clusterTargets: Record<string, FuzzTarget> = {
  'indexes of jobs': {
    make: (random) => changedJson(random, index),
    read: async (input) => {
      const path = resolve('jobs.json')
      writeFileSync(path, input as string)
      const { workspace, jobs } = await readJobIndex(path)
      for (const one of jobs) await readJob(one, { workspace, trusted: true })
      return jobs
    },
  },
  'replies of a queue': {
    make: (random) =>
      random.integer(2) === 0 ? { ...reply, files: changedFiles(random) } : mutateValue(random, reply),
    read: async (input) => {
      const folder = resolve('runs', 'of-reply')
      rmSync(folder, { recursive: true, force: true })
      const outcome = await takeReply(job, input, folder)
      if (outcome.state === 'failed') throw new RefusedReply(outcome.message)
      return outcome
    },
    isOwn: (error) => error instanceof RefusedReply,
  },
  'collected comparisons': {
    make: (random): Collected => {
      const part = random.integer(3)
      return {
        comparison: part === 0 ? changedJson(random, comparison) : comparison,
        failure:
          part === 1 ? pick(random, [mutateText(random, failure), pick(random, strangeTexts)]) : failure,
        run: part === 2 ? changedFiles(random) : files,
      }
    },
    read: async (input) => {
      const { comparison: text, failure: message, run } = input as Collected
      const folder = resolve('comparison')
      rmSync(folder, { recursive: true, force: true })
      for (const name of ['failures', 'runs/0']) mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(join(folder, 'comparison.json'), text)
      writeFileSync(join(folder, 'failures', `${'1'.repeat(64)}.json`), message)
      const environment = (run['environment.json'] ?? '').replace(id, '0'.repeat(64))
      for (const [name, content] of Object.entries({ ...run, 'environment.json': environment }))
        writeFileSync(join(folder, 'runs/0', name), content)
      const found = await collectComparison(folder)
      // What was not lost: something of the run, or the reason why not.
      return found.runs.map(({ state }) => state)
    },
  },
}

/** A reply that was not taken: jobs fail with a message, and nothing is thrown. */
class RefusedReply extends Error {}
