import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { needsLinux } from '@kd/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processStart } from '../../run/folder/process-start.js'
import { withLease } from './job-lease.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-lease-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const never = new AbortController().signal
const options = { signal: never, onWait: () => undefined }

describe('withLease', () => {
  it('lets one work at a time, and leaves nothing behind', async () => {
    const path = join(folder, 'below/one.lock')
    let now = 0
    let most = 0
    let waited = 0
    const work = async (): Promise<string> => {
      most = Math.max(most, ++now)
      await setTimeout(30)
      now--
      return 'done'
    }
    const onWait = (): unknown => waited++
    const all = await Promise.all([1, 2, 3].map(() => withLease(path, { signal: never, onWait }, work)))
    expect(all).toEqual(['done', 'done', 'done'])
    expect(most).toBe(1)
    expect(waited).toBe(2)
    expect(existsSync(path)).toBe(false)
  })

  it('gives it up when the work throws', async () => {
    const path = join(folder, 'throws.lock')
    const work = (): Promise<never> => Promise.reject(new Error('no disk'))
    await expect(withLease(path, options, work)).rejects.toThrow('no disk')
    expect(existsSync(path)).toBe(false)
  })

  it('waits no longer than the signal', async () => {
    const path = join(folder, 'signal.lock')
    const controller = new AbortController()
    await withLease(path, options, async () => {
      const waiting = withLease(path, { ...options, signal: controller.signal }, () => Promise.resolve(1))
      controller.abort()
      expect(await waiting).toBeUndefined()
    })
  })

  it('takes it at once from a process that was killed', needsLinux, async () => {
    const path = join(folder, 'killed.lock')
    const holder = spawn('sleep', ['60'])
    // As the process would have written it.
    let content = ''
    await withLease(path, options, async () => {
      const own = JSON.parse(await readFile(path, 'utf8')) as object
      content = JSON.stringify({ ...own, pid: holder.pid, start: processStart(holder.pid!) })
    })
    await writeFile(path, content)
    const taken = withLease(path, options, () => Promise.resolve('taken'))
    expect(await Promise.race([taken, setTimeout(1000, 'waiting')])).toBe('waiting')
    holder.kill('SIGKILL')
    await once(holder, 'close')
    expect(await Promise.race([taken, setTimeout(5000, 'waiting')])).toBe('taken')
  })

  it('takes it from a machine that was not heard of for 15 seconds, not from one that was', async () => {
    const path = join(folder, 'other.lock')
    const since = new Date().toISOString()
    const holder = { system: 'another', host: 'other-machine', pid: process.pid, start: '99', since }
    await writeFile(path, JSON.stringify(holder))
    // A clock that is wrong by a day does not matter.
    const beat = setInterval(() => void utimes(path, new Date(), new Date(Date.now() - 86_400_000)), 500)
    const began = performance.now()
    const taken = withLease(path, options, () => Promise.resolve(performance.now() - began))
    await setTimeout(2000)
    clearInterval(beat)
    expect(await taken).toBeGreaterThan(16_000)
  }, 60_000)

  it('ends work whose lease was taken by another, and does not take that away', async () => {
    const path = join(folder, 'lost.lock')
    const work = withLease(path, options, async (signal) => {
      await rename(path, `${path}.aside`)
      await writeFile(path, 'another')
      if (!signal.aborted) await once(signal, 'abort')
    })
    await expect(work).rejects.toThrow('was taken over by another process')
    expect(await readFile(path, 'utf8')).toBe('another')
  })

  it('shows that it is held while the event loop is blocked', async () => {
    const path = join(folder, 'blocked.lock')
    await withLease(path, options, async () => {
      const { mtimeMs } = await stat(path)
      const until = performance.now() + 4500
      while (performance.now() < until);
      expect(statSync(path).mtimeMs).toBeGreaterThan(mtimeMs + 1500)
    })
  })
})
