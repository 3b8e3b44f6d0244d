import type { ComparedRun } from '@kd/report'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needsPosix } from '@kd/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runComparison } from '../../compare/run-comparison.js'
import { buildMain } from '../../../testing/build-main.js'
import { startKd, type KdEnd } from '../../../testing/kd-process.js'
import { runKd } from '../../../testing/run-kd.js'
import { foundBits, writeTinyComparison } from '../../../testing/tiny-comparison.js'
import { inProcessRunner } from '../in-process-runner.js'

let folder: string
let main: string
let remove: () => Promise<void>

beforeAll(async () => {
  ;({ main, remove } = await buildMain())
  // What a shell would stumble over.
  folder = join(await mkdtemp(join(tmpdir(), 'kd-cluster-')), `it's "$(touch evil)" & more`)
  await mkdir(folder)
  await writeTinyComparison(path('compare.yaml'), 2)
  await runComparison(path('compare.yaml'), { out: path('local'), threads: 1, runner: inProcessRunner() })
}, 120_000)
afterAll(async () => {
  await remove()
  await rm(join(folder, '..'), { recursive: true, force: true })
})

const path = (...names: string[]): string => join(folder, ...names)
const kd = (...words: string[]): Promise<KdEnd> => startKd(main, words).ended

function runsOf({ out }: KdEnd): ComparedRun[] {
  return (JSON.parse(out.trim().split('\n').at(-1)!) as { comparison: { runs: ComparedRun[] } }).comparison
    .runs
}
const statesOf = (end: KdEnd): string[] => runsOf(end).map(({ state }) => state)

/** As Slurm does it: the script is not where it was. */
function task(script: string, index: number): Promise<number | null> {
  const env = { ...process.env, SLURM_ARRAY_TASK_ID: String(index) }
  const shell = spawn('sh', [script], { cwd: tmpdir(), env })
  return new Promise((resolve) => shell.on('close', resolve))
}

describe('kd compare --runner slurm', needsPosix, () => {
  it('writes an array whose tasks find what the local runner finds, bit for bit', async () => {
    const out = path('slurm')
    const compare = ['compare', path('compare.yaml'), '--out', out, '--runner', 'slurm', '--json']
    const written = await kd(...compare, '--jobs', '3')
    expect(written.code).toBe(0)
    expect(written.err).toContain(`6 jobs are written down; start them with\n    sbatch '`)
    expect(statesOf(written)).toEqual(['submitted', 'submitted', 'submitted', 'submitted'])
    const script = join(out, 'slurm.sh')
    expect(await readFile(script, 'utf8')).toContain('\n#SBATCH --array=0-5%3\n#SBATCH --cpus-per-task=1\n')

    // A run before its teacher's turn trains the teacher; two that need the same one wait for each other.
    expect(await Promise.all([task(script, 2), task(script, 4)])).toEqual([0, 0])
    // Something is in the way of the other teacher.
    const blocked = JSON.parse(await readFile(join(out, 'jobs.json'), 'utf8')) as { jobs: { id: string }[] }
    const obstacle = join(out, 'teachers', blocked.jobs[1]!.id.slice(0, 16))
    await writeFile(obstacle, 'in the way')
    expect(await task(script, 3)).toBe(1)
    const partly = await kd('collect', out, '--json')
    expect(partly.code).toBe(1)
    expect(statesOf(partly).sort()).toEqual(['done', 'done', 'failed', 'submitted'])
    expect(runsOf(partly).find(({ state }) => state === 'failed')!.message).toMatch(
      /^teacher \w+ \(seed 1\) failed: /,
    )
    expect(await readFile(join(out, 'logs/task-3.log'), 'utf8')).toContain('failed')

    await rename(obstacle, path('moved'))
    const teacher = join(out, 'teachers', blocked.jobs[0]!.id.slice(0, 16), 'teacher-1/teacher.safetensors')
    const { mtimeMs } = await stat(teacher)
    for (const index of [0, 1, 3, 5]) expect(await task(script, index)).toBe(0)
    // What is done is not done again.
    expect((await stat(teacher)).mtimeMs).toBe(mtimeMs)
    const collected = await kd('collect', out, '--json')
    expect(collected.code).toBe(0)
    expect(await foundBits(out)).toEqual(await foundBits(path('local')))
    for (const name of ['comparison.md', 'comparison.tex'])
      expect(await readFile(join(out, name), 'utf8')).toBe(await readFile(path('local', name), 'utf8'))
    expect((await readdir(tmpdir())).includes('evil')).toBe(false)
    expect((await kd(...compare)).err).toContain('4 runs, 4 of them done already; 0 jobs to do')
  }, 180_000)

  it('writes no more than what is left to do', async () => {
    const out = path('some')
    await runComparison(path('compare.yaml'), {
      ...{ out, threads: 1, runner: inProcessRunner() },
      overrides: ['seeds=1'],
    })
    const { err } = await runKd(['compare', path('compare.yaml'), '--out', out, '--runner', 'slurm'])
    expect(err).toContain('3 jobs are written down')
  })
})

describe('kd compare --runner kubernetes', () => {
  it('writes an Indexed Job whose pods find their job wherever the workspace is mounted', async () => {
    const out = path('space/cluster')
    const words = ['compare', path('compare.yaml'), '--runner', 'kubernetes', '--out', out, '--jobs', '20']
    const more = [
      '--workspace',
      path('space'),
      '--image',
      'registry.example/kd:1',
      '--threads',
      '2',
      'seeds=1',
    ]
    expect((await runKd([...words, ...more])).exitCode).toBe(0)
    const manifest = parse(await readFile(join(out, 'kubernetes.yaml'), 'utf8')) as {
      metadata: { name: string }
      spec: { template: { spec: { containers: [{ command: string[] }] } } }
    }
    expect(manifest).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: {
        ...{ completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimitPerIndex: 2 },
        podReplacementPolicy: 'Failed',
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [
              {
                image: 'registry.example/kd:1',
                command: ['kd', 'worker', '--index', '/workspace/cluster/jobs.json'],
                resources: { requests: { cpu: '2' } },
                volumeMounts: [{ name: 'workspace', mountPath: '/workspace' }],
              },
            ],
            volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: 'kd-workspace' } }],
          },
        },
      },
    })
    expect(manifest.metadata.name).toMatch(/^kd-cluster-[0-9a-f]{8}$/)

    // Mounted somewhere else.
    await rename(path('space'), path('mounted'))
    const [, ...command] = manifest.spec.template.spec.containers[0].command
    const there = command.map((word) => word.replace('/workspace', path('mounted')))
    for (const index of ['2', '0', '1']) {
      const { code, err } = await startKd(main, there, { JOB_COMPLETION_INDEX: index }).ended
      expect(err).toContain(': done')
      expect(code).toBe(0)
    }
    const collected = await kd('collect', path('mounted/cluster'), '--json')
    expect(statesOf(collected)).toEqual(['done', 'done'])
    const local = runsOf(await kd('collect', path('local'), '--json'))
    const same = (runs: ComparedRun[]): unknown => runs.map(({ id, last, best }) => ({ id, last, best }))
    expect(same(runsOf(collected))).toEqual(same(local.filter(({ seed }) => seed === 0)))
  }, 60_000)

  it('asks for an image, and refuses what is not in the workspace', async () => {
    const words = ['compare', path('compare.yaml'), '--runner', 'kubernetes', '--out', path('none')]
    const { exitCode, err } = await runKd(words)
    expect(exitCode).toBe(2)
    expect(err).toContain('--runner kubernetes must come with --image')
    const outside = await runKd([...words, '--image', 'kd', 'base.student.weights=/etc/passwd'])
    expect(outside.exitCode).toBe(2)
    expect(outside.err).toContain(
      '--runner kubernetes cannot carry KD, seed 0: job: paths must lie in the workspace',
    )
  })
})

describe('kd worker --index', () => {
  it.each([
    ['missing', undefined, 'ENOENT'],
    ['text', 'rm -rf /', 'a file that is no JSON'],
    ['a list', '[]', 'expected object'],
    ['no jobs', '{"version":1,"workspace":".","jobs":[]}', 'jobs'],
    ['a job that is none', '{"version":1,"workspace":".","jobs":[{"kind":"shell"}]}', 'jobs.0'],
  ])('refuses %s', async (_, content, reason) => {
    const index = path('index.json')
    await rm(index, { force: true })
    if (content !== undefined) await writeFile(index, content)
    const { exitCode, err } = await runKd(['worker', '--index', index, '--task', '0'])
    expect(exitCode).toBe(1)
    expect(err).toContain('must be what --runner slurm or kubernetes writes')
    expect(err).toContain(reason)
  })

  it('wants a task that is there', async () => {
    const index = path('none/jobs.json')
    const { exitCode, err } = await runKd(['worker', '--index', index])
    expect(exitCode).toBe(2)
    expect(err).toContain('--index must come with --task')
  })
})

describe('kd collect', () => {
  it('says where there is no comparison', async () => {
    const { exitCode, err } = await runKd(['collect', tmpdir()])
    expect(exitCode).toBe(2)
    expect(err).toContain('must be the folder of a comparison')
  })
})
