import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needsPosix } from '@kd/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runTraining } from '../../run/run-distillation.js'
import { builtMain } from '../../testing/built-main.js'
import { startKd, type KdEnd } from '../../testing/kd-process.js'
import { answerFiles } from '../../testing/answer-files.js'
import { runKd } from '../../testing/run-kd.js'
import { keepAnswers, type KeepAnswersResult } from './keep-answers.js'

const built = builtMain()
const path = (...names: string[]): string => join(built.folder, ...names)
const common = {
  dataset: { name: 'digits', take: { train: 600, validation: 100, test: 100 } },
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  engine: 'cpu',
} as const
const shards = ['--shard-rows', '250', '--json']

const resultOf = ({ out }: Pick<KdEnd, 'out'>): KeepAnswersResult =>
  JSON.parse(out.trim().split('\n').at(-1)!) as KeepAnswersResult

/** As Slurm does it. */
function task(script: string, index: number): Promise<number | null> {
  const env = { ...process.env, SLURM_ARRAY_TASK_ID: String(index) }
  const shell = spawn('sh', [script], { cwd: tmpdir(), env })
  return new Promise((resolve) => shell.on('close', resolve))
}

describe('kd keep-answers --runner slurm', needsPosix, () => {
  it('has tasks train the teacher, then ask it, says what failed, and ends with what the local runner makes', async () => {
    const recipe = { model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 2 } } as const
    const config = path('slurm.yaml')
    await writeFile(config, JSON.stringify({ ...common, teachers: [recipe] }))
    const out = path('slurm')
    // From the same program, so that the script starts it.
    const keep = (): Promise<KdEnd> =>
      startKd(built.main, [
        'keep-answers',
        config,
        '--out',
        out,
        '--runner',
        'slurm',
        '--jobs',
        '3',
        ...shards,
      ]).ended
    const script = join(out, 'slurm.sh')

    const first = await keep()
    expect(first.code, first.err).toBe(0)
    expect(first.err).toContain('1 jobs are written down; start them with\n    sbatch ')
    expect(first.err).not.toContain('kd collect')
    expect(resultOf(first)).toMatchObject({ ended: 'submitted', failed: [], answers: [] })
    expect(await task(script, 0)).toBe(0)

    expect(resultOf(await keep())).toMatchObject({ ended: 'submitted', failed: [] })
    expect(await readFile(script, 'utf8')).toContain('\n#SBATCH --array=0-2%3\n')
    expect(await task(script, 0)).toBe(0)
    // One task does not find the teacher.
    await rename(join(out, 'teachers'), path('away'))
    expect(await task(script, 1)).toBe(1)
    await rename(path('away'), join(out, 'teachers'))
    expect(await task(script, 2)).toBe(0)

    const third = await keep()
    expect(third.code).toBe(1)
    const [failed, ...others] = resultOf(third).failed
    expect(others).toEqual([])
    expect(failed).toMatchObject({ kind: 'answers', name: 'answers-1: train 2 to validation 0' })
    expect(failed!.message).toContain('keep-answers: teacher 1 must be trained before it is asked')
    expect(await readFile(script, 'utf8')).toContain('\n#SBATCH --array=0-0%3\n')
    expect(await task(script, 0)).toBe(0)

    const last = await keep()
    expect(last.code, last.err).toBe(0)
    expect(resultOf(last)).toMatchObject({
      ended: 'done',
      failed: [],
      answers: [{ examples: 800, shards: 5 }],
    })
    await keepAnswers(config, { out: path('alone'), shardRows: 250, threads: 1 })
    expect(await answerFiles(join(out, 'answers-1'))).toEqual(await answerFiles(path('alone/answers-1')))
  }, 60_000)
})

describe('kd keep-answers --runner kubernetes', () => {
  let words: string[]
  beforeAll(async () => {
    await mkdir(path('space'))
    const teacher = { ...common, student: { model: { name: 'mlp', hiddenUnits: [16] } } } as const
    await runTraining({ ...teacher, training: { epochs: 1 } }, { out: path('space/teacher') })
    await writeFile(path('space/keep.yaml'), JSON.stringify({ ...common, teachers: [{ run: 'teacher' }] }))
    const where = [
      '--workspace',
      path('space'),
      '--out',
      path('space/answers'),
      '--image',
      'kd',
      '--jobs',
      '2',
    ]
    words = ['keep-answers', path('space/keep.yaml'), '--runner', 'kubernetes', ...where, ...shards]
  })

  it('has pods ask wherever the workspace is mounted, and says what failed', async () => {
    const first = await runKd(words)
    expect(first.exitCode, first.err).toBe(0)
    expect(first.err).toContain('kubectl create -f')
    const manifest = parse(await readFile(path('space/answers/kubernetes.yaml'), 'utf8')) as {
      spec: { completions: number; template: { spec: { containers: [{ command: string[] }] } } }
    }
    expect(manifest.spec.completions).toBe(2)
    const [, ...command] = manifest.spec.template.spec.containers[0].command
    const there = command.map((word) => word.replace('/workspace', path('mounted')))
    const pod = (index: number): Promise<KdEnd> =>
      startKd(built.main, there, { JOB_COMPLETION_INDEX: String(index) }).ended

    await rename(path('space'), path('mounted'))
    await rename(path('mounted/teacher'), path('away'))
    expect((await pod(1)).code).toBe(1)
    await rename(path('away'), path('mounted/teacher'))
    expect((await pod(0)).code).toBe(0)
    await rename(path('mounted'), path('space'))

    const text = await runKd(words.filter((word) => word !== '--json'))
    expect(text.exitCode).toBe(1)
    expect(text.out).toMatch(
      /1 jobs have failed, and are submitted again:\n {2}answers-1: .*: teachers\.0\.run must be the folder of a run that has a student, /,
    )
    expect(existsSync(path('space/answers/failures'))).toBe(false)
    await rename(path('space'), path('mounted'))
    expect((await pod(0)).code).toBe(0)
    await rename(path('mounted'), path('space'))
    const last = await runKd(words)
    expect(resultOf(last)).toMatchObject({ ended: 'done', answers: [{ examples: 800 }] })
    await keepAnswers(path('space/keep.yaml'), { out: path('here'), shardRows: 250 })
    expect(await answerFiles(path('space/answers/answers-1'))).toEqual(
      await answerFiles(path('here/answers-1')),
    )
  }, 60_000)

  it('refuses what is not in the workspace', async () => {
    const { exitCode, err } = await runKd([...words, '--force', 'student.weights=/etc/passwd'])
    expect(exitCode).toBe(2)
    expect(err).toContain(
      '--runner kubernetes cannot carry answers-1: train 0 to train 2: job: paths must lie in',
    )
  })
})
