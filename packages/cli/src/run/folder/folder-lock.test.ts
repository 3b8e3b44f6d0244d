import { needs, needsLinux } from '@kd/testing'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { builtMain } from '../../testing/built-main.js'
import { runKd } from '../../testing/run-kd.js'
import { UsageError } from '../../config/usage-error.js'
import { writeReport } from '../../cli/report/write-report.js'
import { WatchedFolder } from '../../cli/watch/watched-folder.js'
import { FolderLock, LOCK, lockPattern } from './folder-lock.js'
import { leaseHolder, type LeaseHolder } from './lease-holder.js'

const built = builtMain()

const needsNamespaces = needs(
  spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0,
  'namespaces of process numbers (Linux, as root)',
)

const locksIn = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => lockPattern.test(name))

async function newFolder(name: string): Promise<string> {
  const path = join(built.folder, name)
  await mkdir(path)
  return path
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 400) throw new Error('it never came to hold')
    await sleep(25)
  }
}

const longConfig =
  '{ dataset: { name: digits }, student: { model: { name: mlp } }, training: { epochs: 100000 }, engine: cpu }'

/** A run that would take minutes, once it trains. */
async function longRun(out: string): Promise<ChildProcess> {
  const config = join(built.folder, 'long.yaml')
  await writeFile(config, longConfig)
  const child = spawn(
    process.execPath,
    [built.main, 'train', config, '--out', out, '--checkpoint-seconds', '0'],
    {
      stdio: 'ignore',
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await until(() => existsSync(join(out, 'checkpoint')))
  return child
}

const again = (out: string, ...flags: string[]) =>
  runKd(
    ['train', join(built.folder, 'long.yaml'), 'training.epochs=100000', '--out', out, ...flags],
    stopAtOnce,
  )
const stopAtOnce = AbortSignal.abort()

describe('two processes in one run folder', () => {
  it('the second is told of the first, whichever way it comes, and disturbs nothing', async () => {
    const out = join(built.folder, 'used')
    const child = await longRun(out)
    for (const flag of ['--resume', '--force']) {
      const { exitCode, err } = await again(out, flag)
      expect(exitCode, err).toBe(2)
      expect(err).toContain(`used is in use by process ${child.pid} on ${hostname()} since 20`)
    }
    expect(child.exitCode).toBeNull()
    expect(await locksIn(out)).toHaveLength(1)
    expect(existsSync(join(out, 'config.yaml'))).toBe(true)
  })

  it('goes on at once with what a process left that was killed with -9', async () => {
    const out = join(built.folder, 'killed')
    const child = await longRun(out)
    const watched = new WatchedFolder(out)
    expect((await watched.read()).runs[0]).toMatchObject({ state: 'running' })
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect(await locksIn(out)).toHaveLength(1)
    const reason = `process ${child.pid} on ${hostname()} is gone`
    expect((await watched.read()).runs[0]).toMatchObject({ state: 'stopped', message: reason })
    const watch = await runKd(['watch', out])
    expect(watch.out).toContain(`killed: stopped: ${reason}`)
    const { file } = await writeReport([out], { out: join(built.folder, 'killed.html') })
    expect(await readFile(file, 'utf8')).toContain(`stopped: ${reason}`)
    const { exitCode, err } = await again(out, '--resume')
    expect(err).not.toContain('in use')
    expect(exitCode, err).toBe(0)
    expect(await locksIn(out)).toEqual([])
  })
})

describe('FolderLock', () => {
  it('is had once, also by one process, and again after its release', async () => {
    const path = await newFolder('once')
    const lock = await FolderLock.take(path)
    await expect(FolderLock.take(path)).rejects.toThrow(UsageError)
    await expect(FolderLock.take(path)).rejects.toThrow(`process ${process.pid} on`)
    await lock.release()
    await (await FolderLock.take(path)).release()
    expect(await readdir(path)).toEqual([])
  })

  it('waits for the other to end, if it is asked to', async () => {
    const path = await newFolder('waits')
    const lock = await FolderLock.take(path)
    const second = FolderLock.take(path, { waitSeconds: 30 })
    await sleep(50)
    await lock.release()
    await (await second).release()
  })

  it(
    'is not held by a pid that another process has by now, or by a process that never was',
    needsLinux,
    async () => {
      const path = await newFolder('stale')
      const own = await ownHolder(path)
      for (const gone of [{ start: 'abcdef01.7' }, { pid: 999_999_999, start: 'abcdef01.7' }]) {
        await writeFile(join(path, LOCK), JSON.stringify({ ...own, ...gone }))
        const began = performance.now()
        await (await FolderLock.take(path)).release()
        expect(performance.now() - began).toBeLessThan(2000)
      }
      expect(await readdir(path)).toEqual([])
    },
  )

  it('is not taken from a process that gives signs of life, whatever the clocks, though no such process is here', async () => {
    const path = await newFolder('elsewhere')
    // As in another container of this machine: the same host, and a pid that nobody has here.
    const theirs = { ...(await ownHolder(path)), system: 'another', pid: 999_999_999 }
    await writeFile(join(path, LOCK), JSON.stringify(theirs))
    const beat = setInterval(() => {
      const past = new Date(Date.now() - 86_400_000)
      void utimes(join(path, LOCK), past, past)
    }, 500)
    await expect(FolderLock.take(path)).rejects.toThrow(
      `is in use by process 999999999 on ${theirs.host} since ${theirs.since}`,
    )
    clearInterval(beat)
    const began = performance.now()
    await (await FolderLock.take(path)).release()
    expect(performance.now() - began).toBeGreaterThan(14_000)
    expect(await readdir(path)).toEqual([])
  }, 40_000)

  it(
    'is not taken by a second container from a run that lives',
    { ...needsNamespaces, timeout: 60_000 },
    async () => {
      const out = join(built.folder, 'contained')
      const container = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, built.main]
      await writeFile(join(built.folder, 'long.yaml'), longConfig)
      const train = ['train', join(built.folder, 'long.yaml'), '--out', out, '--checkpoint-seconds', '0']
      const first = spawn('unshare', [...container, ...train], { stdio: 'ignore' })
      onTestFinished(() => void first.kill('SIGKILL'))
      await until(() => existsSync(join(out, 'checkpoint')))
      // Both are process 1 of their own.
      const second = spawnSync('unshare', [...container, ...train, '--resume'], { encoding: 'utf8' })
      expect(second.stderr).toContain('contained is in use by process 1 on ')
      expect(second.status).toBe(2)
      const outside = await again(out, '--resume')
      expect(outside.err).toContain('contained is in use by process 1 on ')
      const lines = await readFile(join(out, 'metrics.jsonl'), 'utf8')
      await until(async () => (await readFile(join(out, 'metrics.jsonl'), 'utf8')).length > lines.length)
      expect(first.exitCode).toBeNull()
    },
  )

  it('is taken over at once from one who lost the lease of the job, and only from that one', async () => {
    const path = await newFolder('job')
    const theirs = { ...(await ownHolder(path)), job: 'this job' }
    await writeFile(join(path, LOCK), JSON.stringify(theirs))
    for (const job of [undefined, 'another job', ''])
      await expect(FolderLock.take(path, { job })).rejects.toThrow(`process ${process.pid} on`)
    const lock = await FolderLock.take(path, { job: 'this job' })
    expect(await readdir(path)).toEqual([LOCK])
    expect(JSON.parse(await readFile(join(path, LOCK), 'utf8'))).toMatchObject({ job: 'this job' })
    lock.assertHeld()
    // As the next one does, should this process stand still for too long.
    await rm(join(path, LOCK))
    expect(() => lock.assertHeld()).toThrow('was taken over by another process')
    await writeFile(join(path, LOCK), 'of another')
    expect(() => lock.assertHeld()).toThrow('was taken over by another process')
    await lock.release()
    expect(await readFile(join(path, LOCK), 'utf8')).toBe('of another')
  })

  it('is never had by two of many processes that begin at once', async () => {
    const path = await newFolder('many')
    const script = join(built.folder, 'contend.mjs')
    const { build } = await import('esbuild')
    const outfile = join(built.folder, 'lock.mjs')
    await build({
      stdin: {
        contents: `export { FolderLock } from '${join(import.meta.dirname, 'folder-lock.ts')}'`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      conditions: ['@kd/source'],
      banner: {
        js: "import { createRequire } from 'module'; const require = createRequire(import.meta.url)",
      },
    })
    // Whoever has the lock makes a folder that must not be there, and removes it.
    await writeFile(
      script,
      `import { FolderLock } from '${outfile}'
       import { mkdirSync, rmdirSync } from 'node:fs'
       for (let round = 0; round < 5; round++) {
         const lock = await FolderLock.take('${path}', { waitSeconds: 60 })
         mkdirSync('${join(built.folder, 'alone')}')
         await new Promise((resolve) => setTimeout(resolve, 5))
         rmdirSync('${join(built.folder, 'alone')}')
         await lock.release()
       }`,
    )
    const codes = await Promise.all(
      Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, [script], { stdio: 'inherit' })
        return new Promise((resolve) => child.once('close', resolve))
      }),
    )
    expect(codes).toEqual([0, 0, 0, 0])
    expect(await readdir(path)).toEqual([])
  }, 60_000)
})

/** What a lock of this process says. */
async function ownHolder(path: string): Promise<LeaseHolder> {
  const lock = await FolderLock.take(path)
  const holder = leaseHolder(await readFile(join(path, LOCK), 'utf8'))!
  await lock.release()
  return holder
}
