import type { Comparison } from '@kd/report'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildMain } from '../../../testing/build-main.js'
import { startKd, type KdProcess } from '../../../testing/kd-process.js'
import { needsRedis, RedisServer } from '../../../testing/redis-server.js'
import { filesWith, foundBits, writeTinyComparison } from '../../../testing/tiny-comparison.js'

/** Long enough that a run is killed in the middle. */
const EPOCHS = 40

let folder: string
let main: string
let remove: () => Promise<void>
let redis: RedisServer
const started: KdProcess[] = []

beforeAll(async () => {
  if (needsRedis.skip) return
  ;({ main, remove } = await buildMain())
  folder = await mkdtemp(join(tmpdir(), 'kd-queue-kill-'))
  redis = await RedisServer.start()
}, 60_000)
afterAll(async () => {
  if (needsRedis.skip) return
  for (const { kill } of started) kill('SIGKILL')
  await redis.remove()
  await remove()
  await rm(folder, { recursive: true, force: true })
})

function kd(...words: string[]): KdProcess {
  const process = startKd(main, words, { KD_QUEUE: redis.url })
  started.push(process)
  return process
}

const path = (...names: string[]): string => join(folder, ...names)

/** Epochs that the metrics of a run have by now. */
async function epochsOf(run: string): Promise<number> {
  const text = await readFile(path('queue', run, 'metrics.jsonl'), 'utf8').catch(() => '')
  return text.split('"kind":"epoch"').length - 1
}

describe('two workers at a queue', needsRedis, () => {
  it('do every job once, though one is killed and Redis too, and find what the local runner finds, bit for bit', async () => {
    await writeTinyComparison(path('compare.yaml'), EPOCHS)
    const compare = (...words: string[]): KdProcess =>
      kd('compare', path('compare.yaml'), '--threads', '1', ...words)
    const local = compare('--out', path('local'))
    const workers = [1, 2].map(() => kd('worker', '--workspace', path('queue')))
    const queued = compare('--out', path('queue'), '--runner', 'bullmq')

    const [killed, survivor] = workers as [KdProcess, KdProcess]
    await killed.says(/(KD|LR), seed \d: begun/)
    const name = /(KD|LR), seed \d(?=: begun)/.exec(killed.err())![0]
    const { runs } = JSON.parse(await readFile(path('queue/comparison.json'), 'utf8')) as Comparison
    const run = runs.find(({ labels, seed }) => `${labels['method']!}, seed ${seed}` === name)!
    while ((await epochsOf(run.folder)) < 3) await setTimeout(5)
    killed.kill('SIGKILL')
    const { err } = await killed.ended
    expect(err).not.toContain(`${name}: done`)

    await redis.kill()
    await survivor.says('is lost')
    await queued.says('is lost')
    await redis.restart()

    const { code, err: progress } = await queued.ended
    expect(code).toBe(0)
    expect(progress).toContain('is there again')
    survivor.kill('SIGTERM')
    const { code: end, err: others } = await survivor.ended
    expect(end).toBe(143)
    expect(others).toContain(`${name}: done`)

    const found = JSON.parse(await readFile(path('queue/comparison.json'), 'utf8')) as Comparison
    expect(found.runs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
    expect(new Set(found.runs.map(({ id }) => id)).size).toBe(4)
    for (const { folder: each } of found.runs) expect(await epochsOf(each)).toBe(EPOCHS)
    expect((await local.ended).code).toBe(0)
    expect(await foundBits(path('queue'))).toEqual(await foundBits(path('local')))

    const secret = RedisServer.password
    for (const password of [secret, encodeURIComponent(secret)]) {
      expect(await filesWith(folder, password)).toEqual([])
      for (const { err: said } of started) expect(said()).not.toContain(password)
    }
  }, 180_000)
})
