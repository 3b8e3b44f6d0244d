import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtMain } from '../../testing/built-main.js'
import { startKd, type KdProcess } from '../../testing/kd-process.js'
import { answerFiles } from '../../testing/answer-files.js'
import { needsRedis, RedisServer } from '../../testing/redis-server.js'
import { runKd } from '../../testing/run-kd.js'
import { keepAnswers, type KeepAnswersResult } from './keep-answers.js'

const isHere = !needsRedis.skip
const built = builtMain({
  'keep.yaml': `dataset: { name: digits }
teachers: [{ model: { name: mlp, hiddenUnits: [32] }, training: { epochs: 2 } }]
student: { model: { name: mlp, hiddenUnits: [8] } }
engine: cpu
`,
})
let redis: RedisServer
const started: KdProcess[] = []
beforeAll(async () => {
  if (isHere) redis = await RedisServer.start()
})
afterAll(async () => {
  if (!isHere) return
  for (const { kill, ended } of started) {
    kill('SIGKILL')
    await ended
  }
  await redis.remove()
})

const path = (...names: string[]): string => join(built.folder, ...names)
function kd(...words: string[]): KdProcess {
  const process = startKd(built.main, words, { KD_QUEUE: redis.url })
  started.push(process)
  return process
}
const keep = (...words: string[]): KdProcess =>
  kd('keep-answers', path('keep.yaml'), '--runner', 'bullmq', '--shard-rows', '250', '--json', ...words)

describe('kd keep-answers --runner bullmq', { timeout: 120_000, ...needsRedis }, () => {
  it('has two workers make what the local runner makes, byte for byte, though one is killed', async () => {
    const workers = [1, 2].map(() => kd('worker', '--workspace', path('work')))
    const [killed, survivor] = workers as [KdProcess, KdProcess]
    for (const worker of workers) await worker.says('waiting for jobs')
    const out = path('work/answers')
    const again = (): KdProcess => keep('--workspace', path('work'), '--out', out, '--jobs', '6')
    const keeping = again()
    await killed.says(/answers-1: .*: begun/)
    killed.kill('SIGKILL')
    await killed.ended
    const name = /answers-1: .*(?=: begun)/.exec(killed.err())![0]
    expect(killed.err()).not.toContain(`${name}: done`)

    const ended = await keeping.ended
    expect(ended.code, ended.err).toBe(0)
    const result = JSON.parse(ended.out.trim().split('\n').at(-1)!) as KeepAnswersResult
    expect(result).toMatchObject({ ended: 'done', examples: 1797, answers: [{ examples: 1797 }] })
    expect(survivor.err()).toContain(`${name}: done`)
    await keepAnswers(path('keep.yaml'), { out: path('alone'), shardRows: 250, threads: 1 })
    expect(await answerFiles(join(out, 'answers-1'))).toEqual(await answerFiles(path('alone/answers-1')))

    // What nobody came to take from the queue is done again where it is lost.
    const before = await answerFiles(join(out, 'answers-1'))
    const shard = path(
      'work/answers/answers-1',
      Object.keys(before).find((file) => file.startsWith('test-00000'))!,
    )
    await rm(shard)
    const begun = survivor.err().length
    const left = again()
    await expect.poll(() => survivor.err().slice(begun), { interval: 5, timeout: 20_000 }).toContain('begun')
    left.kill('SIGKILL')
    await expect.poll(() => existsSync(shard), { timeout: 20_000 }).toBe(true)
    await expect.poll(() => survivor.err().slice(begun), { timeout: 20_000 }).toContain('done')
    await rm(shard)
    const { code, out: said, err } = await again().ended
    expect(code, err).toBe(0)
    expect(JSON.parse(said.trim().split('\n').at(-1)!)).toMatchObject({ ended: 'done', examples: 250 })
    expect(await answerFiles(join(out, 'answers-1'))).toEqual(before)
  })

  it('refuses before anything is put in what a queue cannot carry', async () => {
    const words = ['--runner', 'bullmq', '--queue', redis.url, '--out', path('refused')]
    const { exitCode, err } = await runKd([
      'keep-answers',
      path('keep.yaml'),
      'student.weights=/etc/passwd',
      ...words,
    ])
    expect(exitCode).toBe(2)
    expect(err).toMatch(/--runner bullmq cannot carry teacher \w{8}: job: paths must lie in the workspace/)
  })
})
