import type { ComparedRun, Comparison } from '@kd/report'
import { Queue } from 'bullmq'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { needs } from '@kd/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runComparison } from '../../compare/run-comparison.js'
import { inProcessRunner } from '../in-process-runner.js'
import { buildMain } from '../../../testing/build-main.js'
import { startKd, type KdEnd, type KdProcess } from '../../../testing/kd-process.js'
import { needsRedis, RedisServer } from '../../../testing/redis-server.js'
import { runKd } from '../../../testing/run-kd.js'
import { foundBits, writeTinyComparison } from '../../../testing/tiny-comparison.js'

let folder: string
let main: string
let remove: () => Promise<void>
let redis: RedisServer
const started: KdProcess[] = []

const isHere = !needsRedis.skip
beforeAll(async () => {
  if (!isHere) return
  ;({ main, remove } = await buildMain())
  folder = await mkdtemp(join(tmpdir(), 'kd-queue-'))
  redis = await RedisServer.start()
  await writeTinyComparison(path('compare.yaml'), 2)
}, 60_000)
afterEach(async () => {
  for (const process of started.splice(0)) {
    process.kill('SIGKILL')
    await process.ended
  }
  const client = redis.client()
  await client.flushall()
  client.disconnect()
})
afterAll(async () => {
  if (!isHere) return
  await redis.remove()
  await remove()
  await rm(folder, { recursive: true, force: true })
})

const path = (...names: string[]): string => join(folder, ...names)

function kd(words: readonly string[], environment: Readonly<Record<string, string>> = {}): KdProcess {
  const process = startKd(main, words, { KD_QUEUE: redis.url, ...environment })
  started.push(process)
  return process
}
const worker = (...words: string[]): KdProcess => kd(['worker', ...words])
const compare = (out: string, ...words: string[]): KdProcess =>
  kd(['compare', path('compare.yaml'), '--runner', 'bullmq', '--json', '--out', path(out), ...words])

/** Of the processes that a process started, each as text. */
async function environmentsBelow(pid: number): Promise<string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const pids = children.trim().split(' ').filter(Boolean)
  return Promise.all(pids.map((child) => readFile(`/proc/${child}/environ`, 'utf8')))
}

const runsOf = ({ out }: KdEnd): ComparedRun[] =>
  (JSON.parse(out.trim().split('\n').at(-1)!) as { comparison: { runs: ComparedRun[] } }).comparison.runs

async function withQueue<Result>(work: (queue: Queue) => Promise<Result>): Promise<Result> {
  const client = redis.client()
  const queue = new Queue('kd', { connection: client })
  try {
    return await work(queue)
  } finally {
    await queue.close()
    client.disconnect()
  }
}

describe('a queue', { timeout: 120_000, ...needsRedis }, () => {
  it('brings what a worker found to a comparison that shares no folder with it, bit for bit', async () => {
    worker('--workspace', path('elsewhere'))
    const ended = await compare('apart').ended
    expect(ended.code).toBe(0)
    const source = path('compare.yaml')
    await runComparison(source, { out: path('alone'), threads: 1, runner: inProcessRunner() })
    expect(await foundBits(path('apart'), path('elsewhere'))).toEqual(await foundBits(path('alone')))
    const run = path('apart', runsOf(ended)[0]!.folder)
    const names = ['config.yaml', 'diagnostics.json', 'environment.json', 'metrics.jsonl']
    expect((await readdir(run)).sort()).toEqual(names)
    // What is taken is gone from the queue, and done: nobody has to do it again.
    expect(await withQueue((queue) => queue.getJobCounts())).toMatchObject({
      completed: 0,
      failed: 0,
      waiting: 0,
    })
    started.at(0)!.kill('SIGKILL')
    expect((await compare('apart').ended).err).toContain('4 runs, 4 of them done already; 0 jobs to do')
  })

  it('tries what fails again, reports it, and does the rest', async () => {
    const one = worker('--workspace', path('failing'))
    const missing = path('failing/nowhere.safetensors')
    const words = ['seeds=1', `axes={ student.weights: { none: ${missing} } }`]
    const ended = await compare('failing', ...words).ended
    expect(ended.code).toBe(1)
    expect(runsOf(ended).map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(runsOf(ended)[0]!.message).toMatch(/^cannot read .*nowhere\.safetensors: no such file$/)
    for (const attempt of [1, 2, 3]) expect(one.err()).toContain(`FAILED (try ${attempt} of 3)`)
  })

  it('gives a job back at SIGTERM, and the next worker goes on with it', async () => {
    const [first, out] = [
      worker('--workspace', path('back')),
      compare('back', 'seeds=1', 'base.training.epochs=60'),
    ]
    await first.says('KD, seed 0: begun')
    const { runs } = JSON.parse(await readFile(path('back/comparison.json'), 'utf8')) as Comparison
    const run = path('back', runs[0]!.folder)
    const metrics = join(run, 'metrics.jsonl')
    while (!existsSync(metrics) || (await readFile(metrics, 'utf8')).split('\n').length < 4)
      await setTimeout(5)
    if (process.platform === 'linux') {
      const environments = await environmentsBelow(first.pid)
      expect(environments).not.toEqual([])
      // What trains has no business with the queue.
      expect(environments.join()).not.toContain(encodeURIComponent(RedisServer.password))
    }
    first.kill('SIGTERM')
    const { code, err } = await first.ended
    expect(code).toBe(143)
    expect(err).toContain('KD, seed 0: stopped and given back')
    const second = worker('--workspace', path('back'))
    await second.says('KD, seed 0: done')
    const environment = JSON.parse(await readFile(join(run, 'environment.json'), 'utf8')) as object
    expect(environment).toHaveProperty('resumedAt')
    const lines = (await readFile(metrics, 'utf8')).trimEnd().split('\n')
    expect(lines.filter((line) => line.includes('"kind":"epoch"'))).toHaveLength(60)
    expect((await out.ended).code).toBe(0)
  })

  it('keeps what was put in when the comparison ends before, and puts nothing in twice', async () => {
    const first = compare('left', 'seeds=1')
    await first.says('no worker is at')
    while ((await withQueue((queue) => queue.getWaitingCount())) === 0) await setTimeout(20)
    first.kill('SIGINT')
    const ended = await first.ended
    expect(ended.code).toBe(130)
    expect(runsOf(ended).map(({ state }) => state)).toEqual(['submitted', 'submitted'])
    const again = compare('left', 'seeds=1')
    await again.says('no worker is at')
    await setTimeout(200)
    expect(await withQueue((queue) => queue.getWaitingCount())).toBe(1)
    // As when Redis comes back without its log.
    await withQueue((queue) => queue.obliterate({ force: true }))
    worker('--workspace', path('left'))
    expect((await again.ended).code).toBe(0)
  })

  it('ends where Redis is gone, at SIGTERM', async () => {
    const one = worker('--workspace', path('gone'))
    await one.says('waiting for jobs')
    await redis.kill()
    await one.says('is lost')
    one.kill('SIGTERM')
    expect((await one.ended).code).toBe(143)
    await redis.restart()
  })
})

describe('a worker', { timeout: 120_000, ...needsRedis }, () => {
  it('refuses messages that are no job of its workspace, once each, and does the next', async () => {
    const space = path('strict')
    await mkdir(space)
    await writeFile(
      path('plugin.mjs'),
      `import { writeFileSync } from 'node:fs'; writeFileSync('${path('ran')}', '')`,
    )
    const base = { dataset: { name: 'digits' }, student: { model: { name: 'mlp' } } }
    const config = { ...base, method: { name: 'vanilla-kd' }, training: { epochs: 1 } }
    const id = (digit: string): string => digit.repeat(64)
    const job = (digit: string, change: object = {}) => ({
      ...{
        kind: 'distill',
        id: id(digit),
        name: 'evil',
        needs: [],
        threads: 1,
        folder: 'runs/a',
        teachers: 't',
      },
      ...{ config, ...change },
    })
    const messages: Record<string, unknown> = {
      [id('1')]: job('1', { config: { ...config, plugin: path('plugin.mjs') } }),
      [id('2')]: job('2', { folder: '../escaped' }),
      [id('3')]: job('3', { config: { ...config, student: { ...base.student, weights: '/etc/passwd' } } }),
      [id('4')]: job('4', { command: 'touch ran' }),
      [id('5')]: job('6'),
      [id('7')]: 'text',
      [id('8')]: null,
      [id('9')]: job('9', { config: { ...config, student: { model: { name: 'mlp' }, exec: 'ls' } } }),
    }
    const one = worker('--workspace', space)
    await withQueue(async (queue) => {
      for (const [jobId, data] of Object.entries(messages))
        await queue.add('distill', data, { jobId, attempts: 3 })
      await expect.poll(() => queue.getFailedCount(), { timeout: 30_000 }).toBe(8)
      for (const failed of await queue.getFailed()) {
        expect(failed.failedReason).toMatch(/^refused by the worker: /)
        expect(failed.attemptsMade).toBe(1)
      }
    })
    expect(await readdir(space)).toEqual([])
    expect((await readdir(folder)).filter((name) => /escaped|ran/.test(name))).toEqual([])
    const { code } = await compare('strict', 'seeds=1').ended
    expect(code).toBe(0)
    one.kill('SIGTERM')
    expect(JSON.stringify((await one.ended).out)).toContain('3 done, 8 failed, 0 given back')
  })
})

describe('a queue in trouble', { timeout: 120_000, ...needsRedis }, () => {
  const full = async (bytes: number): Promise<void> => {
    const client = redis.client()
    await client.config('SET', 'maxmemory', String(bytes))
    client.disconnect()
  }
  afterEach(() => full(0))

  it('is waited for while Redis has no memory left, and said so once', async () => {
    await full(1)
    const [one, ended] = [worker('--workspace', path('full')), compare('full', 'seeds=1')]
    await ended.says(
      /the queue takes nothing at the moment \(OOM command not allowed when used memory > 'maxmemory'\.; raise its maxmemory, or remove old jobs\): trying again/,
    )
    await one.says('queue: OOM command not allowed')
    await setTimeout(5000)
    await full(0)
    const { code, err } = await ended.ended
    expect(code).toBe(0)
    expect(err).toContain('the queue takes jobs again')
    for (const text of [err, one.err()]) {
      expect(text.split('OOM').length - 1).toBe(1)
      // No stack traces.
      expect(text).not.toMatch(/^ +at /m)
    }
  })

  it('loses no job when Redis runs out of memory while one is done', async () => {
    const [one, ended] = [
      worker('--workspace', path('filled')),
      compare('filled', 'seeds=1', 'base.training.epochs=20'),
    ]
    await one.says('KD, seed 0: begun')
    await full(1)
    await one.says(/OOM/)
    await full(0)
    const { code, out } = await ended.ended
    expect(code, out).toBe(0)
  })

  it.each(['data', 'opts', 'progress'])('has a message refused once whose %s are no JSON', async (part) => {
    const jobId = 'b'.repeat(64)
    const client = redis.client()
    await withQueue((queue) => queue.add('distill', {}, { jobId, attempts: 3 }))
    await client.hset(`bull:kd:${jobId}`, part, '{"a": [')
    client.disconnect()
    const one = worker('--workspace', path('damaged'))
    await withQueue(async (queue) => {
      await expect.poll(() => queue.getFailedCount(), { timeout: 60_000 }).toBe(1)
      const [failed] = await queue.getFailed()
      expect(failed).toMatchObject({ id: jobId, attemptsMade: 1 })
      expect(failed!.failedReason).toMatch(/^refused by the worker: job: it /)
    })
    expect(one.err().split('refused a message').length - 1).toBe(1)
    expect(one.err()).not.toMatch(/^ +at /m)
  })
})

describe('a job that takes too long', { timeout: 120_000, ...needsRedis }, () => {
  it('is ended and saved, fails once, and goes on where it may take longer', async () => {
    const short = worker('--workspace', path('long'), '--max-job-minutes', '0.05')
    const words = [
      'long',
      'seeds=1',
      'base.training.epochs=300',
      'base.teachers=[]',
      'methods={ KD: { name: label-smoothing } }',
    ]
    const ended = await compare(...(words as [string])).ended
    expect(ended.code).toBe(1)
    expect(runsOf(ended).map(({ message }) => message)).toEqual([
      'a job must take at most 0.05 minutes here (--max-job-minutes), and was ended and saved after these',
    ])
    expect(short.err().split('FAILED').length - 1).toBe(1)
    short.kill('SIGTERM')
    await short.ended
    worker('--workspace', path('long'))
    const again = await compare(...(words as [string])).ended
    expect(again.code).toBe(0)
    const environment = await readFile(path('long', runsOf(again)[0]!.folder, 'environment.json'), 'utf8')
    expect(environment).toContain('resumedAt')
  })
})

describe('a job that takes too much memory', { timeout: 120_000, ...needsRedis }, () => {
  it(
    'is ended and fails once',
    needs(process.platform === 'linux', 'Linux, which says how much memory a process has'),
    async () => {
      const one = worker('--workspace', path('large'), '--max-job-gigabytes', '0.02')
      const words = ['seeds=1', 'base.teachers=[]', 'methods={ KD: { name: label-smoothing } }']
      const ended = await compare('large', 'base.training.epochs=300', ...words).ended
      expect(ended.code).toBe(1)
      expect(runsOf(ended)[0]!.message).toMatch(
        /^a job must take at most 0\.02 GB of memory here \(--max-job-gigabytes\), got \d\.\d GB$/,
      )
      expect(one.err().split('FAILED').length - 1).toBe(1)
    },
  )
})

describe('kd worker and kd compare --runner bullmq', needsRedis, () => {
  it('say at once that a password is wrong, and do not show it', async () => {
    const url = `redis://:not-this-one@127.0.0.1:${redis.port}`
    const start = ['compare', path('compare.yaml'), '--runner', 'bullmq', '--out', path('wrong')]
    for (const words of [['worker'], start]) {
      const { exitCode, err, out } = await runKd([...words, '--queue', url, '--json'])
      expect(exitCode).toBe(1)
      expect(err).toContain(`the queue redis://127.0.0.1:${redis.port} cannot be reached: WRONGPASS`)
      expect(err + out).not.toContain('not-this-one')
    }
  })

  it('say how to install what they need', async () => {
    const hooks = `export async function resolve(name, context, next) {
      if (name === 'bullmq') throw Object.assign(new Error('no ' + name), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    }`
    await writeFile(path('hooks.mjs'), hooks)
    const register = `import { register } from 'node:module'; register('${pathToFileURL(path('hooks.mjs')).href}')`
    await writeFile(path('register.mjs'), register)
    const options = `--import=${pathToFileURL(path('register.mjs')).href}`
    const { code, err } = await kd(['worker'], { NODE_OPTIONS: options }).ended
    expect(code).toBe(1)
    expect(err).toContain('which are not installed; npm install bullmq@6 ioredis@6')
  })

  it('ask for a queue, and repeat nothing of one that is wrong', async () => {
    expect((await runKd(['worker'])).err).toContain('a queue must be named with --queue or KD_QUEUE')
    const wrong = ['http://user:hidden@host', 'user:hidden@host', 'redis://:hidden@host/a/b', 'redis:hidden']
    for (const url of wrong) {
      const { exitCode, err } = await runKd(['worker', '--queue', url])
      expect(exitCode).toBe(2)
      expect(err).toContain('--queue must be redis://[user:password@]host[:port][/database]')
      expect(err).not.toContain('hidden')
    }
  })

  it('find before anything is put in what a queue cannot carry', async () => {
    const words = ['compare', path('compare.yaml'), '--runner', 'bullmq', '--queue', redis.url]
    const changed = ['base.student.weights=/etc/passwd', '--out', path('refused')]
    const { exitCode, err } = await runKd([...words, ...changed])
    expect(exitCode).toBe(2)
    expect(err).toMatch(/--runner bullmq cannot carry KD, seed 0: job: paths must lie in the workspace/)
    expect(await withQueue((queue) => queue.getWaitingCount())).toBe(0)
  })
})
