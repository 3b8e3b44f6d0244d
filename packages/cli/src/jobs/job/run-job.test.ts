import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from '../../run/run-distillation.js'
import { RunFolder } from '../../run/folder/run-folder.js'
import { RunLog, type RunLogLine } from '../../run/log/run-log.js'
import type { DistillJob } from './job.js'
import { runJob } from './run-job.js'

const config = {
  dataset: { name: 'digits', take: { train: 60, validation: 20, test: 20 } },
  student: { model: { name: 'mlp', hiddenUnits: [4] } },
  method: { name: 'label-loss' },
  training: { epochs: 1, batchSize: 20 },
  engine: 'cpu',
} as const
let workspace: string
let job: DistillJob
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'kd-job-'))
  const out = join(workspace, 'model')
  await runDistillation(config, { out })
  const { id } = JSON.parse(await readFile(join(out, 'environment.json'), 'utf8')) as { id: string }
  const rest = { kind: 'distill', name: 'one', threads: 1, needs: [], teachers: 'teachers' } as const
  job = { ...rest, id, config, folder: 'run' }
})
afterAll(() => rm(workspace, { recursive: true }))

describe('runJob', () => {
  it('goes on 15 seconds after the machine was lost that did the job, whose locks are as new', async () => {
    const run = join(workspace, 'run')
    await mkdir(run)
    const since = new Date().toISOString()
    const holder = { system: 'another', host: 'other-machine', pid: 1, start: '99', since }
    await writeFile(`${run}.${job.id.slice(0, 8)}.lock`, JSON.stringify(holder))
    const lost = join(run, 'lock')
    await writeFile(lost, JSON.stringify({ ...holder, job: job.id }))
    const said: string[] = []
    const began = performance.now()
    const outcome = await runJob(job, {
      ...{ workspace, trusted: true, signal: new AbortController().signal },
      onProgress: (progress) => progress.kind === 'message' && said.push(progress.text),
    })
    const seconds = (performance.now() - began) / 1000
    expect(outcome).toMatchObject({ state: 'done', result: { ended: 'epochs' } })
    expect(said[0]).toBe('another process does this job: waiting for it')
    expect(seconds).toBeGreaterThan(15)
    expect(seconds).toBeLessThan(40)
    expect(existsSync(lost)).toBe(false)
    expect((await readdir(workspace)).filter((name) => name.includes('lock'))).toEqual([])
  }, 60_000)
})

describe('a run that was taken over', () => {
  it('writes no more', async () => {
    const folder = await RunFolder.create({ out: join(workspace, 'taken'), name: 'taken', id: job.id })
    const log = new RunLog(folder)
    await log.append({ epoch: 1 } as RunLogLine)
    await rm(join(folder.path, 'lock'))
    await expect(log.append({ epoch: 2 } as RunLogLine)).rejects.toThrow('was taken over by another process')
    expect(await readFile(join(folder.path, 'metrics.jsonl'), 'utf8')).toBe('{"epoch":1}\n')
    await folder.release()
  })
})
