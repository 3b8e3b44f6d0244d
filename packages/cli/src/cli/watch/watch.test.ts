import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ConfigInput } from '../../config/config-schema.js'
import { runComparison } from '../../jobs/compare/run-comparison.js'
import { readStep } from '../../run/log/step-file.js'
import { runDistillation } from '../../run/run-distillation.js'
import { inProcessRunner } from '../../jobs/runner/in-process-runner.js'
import { replayRun } from '../../testing/replayed-run.js'
import { runKd, startKd } from '../../testing/run-kd.js'
import { terminalOf } from '../terminal/terminal.js'
import { LiveServer } from './live-server.js'
import { watchText } from './watch-text.js'
import { watchView } from './watch-view.js'
import { WatchedFolder } from './watched-folder.js'
import { haveSameReport } from './watched-run.js'

const config: ConfigInput = {
  dataset: { name: 'digits', take: { train: 100, test: 30 } },
  teachers: [{ model: { name: 'mlp', hiddenUnits: [8] }, training: { epochs: 1 } }],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  method: { name: 'weighted-soft-labels' },
  training: { epochs: 4 },
  engine: 'cpu',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-watch-'))
  await runDistillation(config, { out: join(folder, 'whole') })
  const { method: _, ...base } = config
  await runComparison(
    {
      base: { ...base, training: { epochs: 1 } },
      methods: [config.method, { name: 'vanilla-kd' }],
      seeds: 1,
    },
    { out: join(folder, 'comparison'), runner: inProcessRunner() },
  )
})
afterAll(() => rm(folder, { recursive: true }))

/** Until it holds, on a busy machine too. */
const soon = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 50 })

const epochsIn = (text: string): string[] =>
  [...text.matchAll(/epoch (\d+\/\d+): loss/g)].map((found) => found[1]!)

describe('kd watch', () => {
  it('says each epoch once, as it comes, and ends with the run', async () => {
    const run = await replayRun(join(folder, 'whole'), join(folder, 'live'))
    const watch = startKd(['watch', run.folder, '--json'])
    await soon(() => {
      expect(watch.out()).toContain('live: running')
    })
    expect(epochsIn(watch.out())).toEqual([])
    await run.toEpoch(1)
    await soon(() => {
      expect(epochsIn(watch.out())).toEqual(['1/4'])
    })
    await run.toEpoch(3)
    await soon(() => {
      expect(epochsIn(watch.out())).toEqual(['1/4', '2/4', '3/4'])
    })
    await run.toEnd()
    const { exitCode, out, json } = await watch.ended
    expect(exitCode).toBe(0)
    expect(epochsIn(out)).toEqual(['1/4', '2/4', '3/4', '4/4'])
    const lines = (await readFile(join(folder, 'whole', 'metrics.jsonl'), 'utf8')).trim().split('\n')
    const { last } = JSON.parse(lines.at(-1)!) as { last: { test: { top1: number } } }
    expect(out).toContain(`live: done, test ${(100 * last.test.top1).toFixed(2)} %`)
    expect(json()).toMatchObject({
      folder: run.folder,
      ended: true,
      runs: [{ name: 'live', state: 'done', epoch: 4, epochs: 4, last: { test: last.test.top1 } }],
    })
  })

  it('ends with a run that nobody works on any more, and says so', async () => {
    const run = await replayRun(join(folder, 'whole'), join(folder, 'left'))
    await run.toEpoch(2)
    const watch = startKd(['watch', run.folder, '--json'])
    await soon(() => {
      expect(watch.out()).toContain('left: running')
    })
    await run.stop()
    const { exitCode, out, json } = await watch.ended
    expect(exitCode).toBe(0)
    expect(out).toContain('left: stopped: no process works on it')
    expect(json()).toMatchObject({
      ended: true,
      runs: [{ state: 'stopped', message: 'no process works on it' }],
    })
    // Of another machine there is only what it said last.
    const theirs = join(run.folder, 'lock')
    const since = new Date().toISOString()
    const holder = { system: 'another', host: 'other-machine', pid: 12, start: '99', since }
    await writeFile(theirs, JSON.stringify(holder))
    const watched = new WatchedFolder(run.folder)
    expect((await watched.read()).runs[0]).toMatchObject({ state: 'running' })
    const past = new Date(Date.now() - 121_000)
    await utimes(theirs, past, past)
    const text = watchText(await watched.read(), { columns: 120, rows: 24 })
    expect(text.split('\n')[0]).toBe(
      'left: weighted-soft-labels, seed 0, stopped: process 12 on other-machine was not heard of for two minutes',
    )
  })

  it('waits for a run to begin, and follows one that goes on from an earlier epoch', async () => {
    const runs = join(folder, 'runs')
    await mkdir(runs)
    const controller = new AbortController()
    const watch = startKd(['watch', runs], controller.signal)
    await soon(() => {
      expect(watch.out()).toContain('runs: waiting for a run')
    })
    const run = await replayRun(join(folder, 'whole'), join(runs, 'a'))
    await run.toEpoch(2)
    await soon(() => {
      expect(epochsIn(watch.out())).toEqual(['1/4', '2/4'])
    })
    await rm(run.folder, { recursive: true })
    const again = await replayRun(join(folder, 'whole'), join(runs, 'a'))
    await again.toEpoch(1)
    await new Promise((resolve) => setTimeout(resolve, 700))
    await again.toEpoch(2)
    await soon(() => {
      expect(epochsIn(watch.out())).toEqual(['1/4', '2/4', '2/4'])
    })
    controller.abort()
    const { exitCode, out } = await watch.ended
    expect(exitCode).toBe(0)
    expect(out).toMatch(/run +state +epochs.*\na +running +2\/4/)
  })

  it('shows the runs of a comparison, and what is known of it before it has ended', async () => {
    const live = join(folder, 'live comparison')
    await cp(join(folder, 'comparison'), live, { recursive: true })
    const file = join(live, 'comparison.json')
    const comparison = JSON.parse(await readFile(file, 'utf8')) as { runs: Record<string, unknown>[] }
    const found = comparison.runs.map(({ last }) => last)
    // As it is written at the start.
    comparison.runs = comparison.runs.map(({ last: _, best: __, ...run }) => ({ ...run, state: 'stopped' }))
    await writeFile(file, JSON.stringify(comparison))
    const watched = await new WatchedFolder(live).read()
    expect(watched.runs.map(({ state }) => state)).toEqual(['done', 'done'])
    expect(watched.comparison!.runs.map(({ last }) => last)).toEqual(found)
    expect((await runKd(['watch', live])).out).toContain('done, test')
    // Inside a folder of several, and with one that failed.
    comparison.runs[0]!['state'] = 'failed'
    comparison.runs[0]!['message'] = 'no room\nfor it'
    await writeFile(file, JSON.stringify(comparison))
    await rm(join(live, comparison.runs[0]!['folder'] as string), { recursive: true })
    const { runs } = await new WatchedFolder(folder).read()
    const ofThis = runs.filter(({ name }) => name.startsWith('live comparison/'))
    expect(ofThis.map(({ state, message }) => [state, message])).toEqual([
      ['failed', 'no room\nfor it'],
      ['done', undefined],
    ])
  })

  it('refuses what is no folder of runs, and a file that stays damaged', async () => {
    const refused = async (path: string): Promise<string> => {
      const { exitCode, err } = await runKd(['watch', path])
      expect(exitCode).toBe(2)
      return err
    }
    expect(await refused(join(folder, 'nowhere'))).toContain('must be the folder of runs or of a comparison')
    expect(await refused(import.meta.dirname)).toContain('got other files in it')
    const damaged = join(folder, 'damaged')
    await cp(join(folder, 'whole'), damaged, { recursive: true })
    await writeFile(join(damaged, 'metrics.jsonl'), 'no json\n')
    expect(await refused(damaged)).toContain('metrics.jsonl line 1 must hold JSON')
    expect((await runKd(['watch', damaged, '--port', '65536'])).err).toContain('from 0 to 65535')
  })
})

describe('a run of very many epochs', () => {
  const EPOCHS = 51_000
  const lineOf = (epoch: number): string =>
    [
      {
        kind: 'examples',
        epoch,
        examples: 100,
        spreads: { weight: spread },
        shares: { studentSaysLabel: 0.5 },
      },
      {
        kind: 'epoch',
        epoch,
        steps: 10,
        seconds: 0.1,
        learningRate: 0.1,
        train: { loss: 1 / epoch, figures: { top1: 0.5 } },
      },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('')
  const counts = Array.from({ length: 20 }, (_, index) => index)
  const spread = { mean: 0.5, standardDeviation: 0.1, histogram: { min: 0, max: 1, counts } }
  let long: string
  beforeAll(async () => {
    long = join(folder, 'long')
    const run = await replayRun(join(folder, 'whole'), long)
    const all = Array.from({ length: EPOCHS }, (_, index) => lineOf(index + 1))
    await writeFile(join(run.folder, 'metrics.jsonl'), all.join(''))
  })

  it('is watched in little memory, and looked at again in no time', async () => {
    const watched = new WatchedFolder(long)
    const { runs } = await watched.read()
    expect(runs[0]).toMatchObject({ done: EPOCHS, state: 'running' })
    expect(runs[0]!.written!.epochs.length).toBeLessThan(1100)
    expect(JSON.stringify(runs).length).toBeLessThan(2e6)
    // Some rounds, so that one pause of a busy machine does not count.
    const times: number[] = []
    for (let epoch = EPOCHS + 1; epoch <= EPOCHS + 5; epoch++) {
      await appendFile(join(long, 'metrics.jsonl'), lineOf(epoch))
      const before = performance.now()
      const next = await watched.read()
      times.push(performance.now() - before)
      expect(next.runs[0]).toMatchObject({ done: epoch })
      expect(next.runs[0]!.newest.at(-1)!.epoch).toBe(epoch)
    }
    expect(Math.min(...times)).toBeLessThan(100)
  }, 60_000)

  it('is shown in a small page, while the server answers others', async () => {
    const server = await LiveServer.start(0, await new WatchedFolder(long).read())
    let longest = 0
    let before = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - before)
      before = performance.now()
    }, 5)
    const answer = await fetch(server.address)
    const page = await answer.text()
    clearInterval(beat)
    server.close()
    expect(page.length).toBeLessThan(3e6)
    expect(page).toMatch(/<td[^>]*>5100\d<\/td>/)
    expect(longest).toBeLessThan(5000)
  }, 60_000)
})

describe('a run within an epoch', () => {
  it('is shown as it goes on, though no epoch has ended', async () => {
    const run = await replayRun(join(folder, 'whole'), join(folder, 'within'))
    await run.toEpoch(1)
    const watched = new WatchedFolder(run.folder)
    const note = (step: number): Promise<void> => {
      const noted = { who: 'student', step: { epoch: 1, epochs: 4, step, stepsPerEpoch: 10, loss: 0.25 } }
      return writeFile(join(run.folder, 'progress.json'), JSON.stringify(noted))
    }
    await note(2)
    const first = await watched.read()
    expect(watchText(first, { columns: 100, rows: 24 }).split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^█{4}░{12} 1\/4 epochs/),
      'student: epoch 2 of 4, step 2 of 10, loss 0.25',
    ])
    await note(10)
    const second = await watched.read()
    expect(watchText(second, { columns: 100, rows: 24 })).toMatch(/\n█{8}░{8} 1\/4 epochs.*\n.*step 10 of 10/)
    // The report has no steps in it.
    expect(second.runs[0]).not.toBe(first.runs[0])
    expect(haveSameReport(first, second)).toBe(true)
    expect((await watched.read()).runs[0]).toBe(second.runs[0])
    await run.stop()
    expect((await watched.read()).runs[0]).not.toHaveProperty('step')
  })

  it('says so itself, and no more when it has ended', async () => {
    const out = join(folder, 'steps')
    const controller = new AbortController()
    const training = { epochs: 1000 }
    const running = runDistillation({ ...config, training }, { out, signal: controller.signal })
    await soon(async () => {
      expect(await readStep(out)).toMatchObject({ who: 'student', step: { epochs: 1000 } })
    })
    controller.abort()
    expect(await running).toMatchObject({ ended: 'aborted' })
    expect(await readdir(out)).not.toContain('progress.json')
  }, 120_000)
})

describe('the view of what is watched', () => {
  it('shows the figure of another task as it is', async () => {
    const ink = join(folder, 'ink')
    const { last } = await runDistillation(
      { ...config, task: { name: 'regression' }, method: { name: 'vanilla-kd' } },
      { out: ink },
    )
    const test = String(Number(last!.test!['rootMeanSquaredError']!.toPrecision(4)))
    const watched = await new WatchedFolder(ink).read()
    const lines = watchText(watched, { columns: 100, rows: 24 }).split('\n')
    expect(lines[0]).toBe('ink: vanilla-kd, seed 0, done; root mean squared error, lower is better')
    expect(lines.find((line) => line.startsWith('validation'))).toMatch(/^validation +\d\.\d+ [▁▂▃▄▅▆▇█]{4}$/)
    expect(lines.at(-1)).toBe(`test        ${test}`)
    // Among others, and as lines.
    const several = { title: 'two', runs: [...watched.runs, ...watched.runs] }
    expect(watchText(several, { columns: 100, rows: 24 })).toContain(`  test ${test}  `)
    const { out, json } = await runKd(['watch', ink, '--json'])
    expect(out).toContain(`ink: done, test ${test}\n`)
    expect(out).not.toContain('%')
    expect(json()).toMatchObject({ runs: [{ last: { test: last!.test!['rootMeanSquaredError'] } }] })
  })

  it('draws the curves of one run', async () => {
    const text = watchText(await new WatchedFolder(join(folder, 'whole')).read(), { columns: 80, rows: 24 })
    const lines = text.split('\n')
    expect(lines[0]).toBe('whole: weighted-soft-labels, seed 0, done')
    expect(lines[1]).toMatch(/^█{16} 4\/4 epochs, \d+\.\d s for the last one, learning rate 0.05$/)
    expect(lines[2]).toMatch(/^loss +\d[\d.]* [▁▂▃▄▅▆▇█]{4}$/)
    expect(lines[3]).toMatch(/^train +\d+\.\d\d % [▁▂▃▄▅▆▇█]{4}$/)
    expect(lines[4]).toMatch(/^validation +\d+\.\d\d % [▁▂▃▄▅▆▇█]{4}$/)
    expect(lines[5]).toMatch(/^test +\d+\.\d\d %$/)
  })

  it('fits many runs into the terminal, those under way first', async () => {
    const { runs } = await new WatchedFolder(join(folder, 'comparison')).read()
    const many = Array.from({ length: 40 }, (_, index) => ({ ...runs[index % 2]!, name: `run ${index}` }))
    const state = 'running' as const
    const watched = { title: 'many', runs: [...many, { ...many[0]!, name: 'last', state }] }
    const lines = watchText(watched, { columns: 60, rows: 10 }).split('\n')
    expect(lines).toHaveLength(9)
    expect(lines[0]).toBe('many: 41 runs, 1 running, 40 done')
    expect(lines[1]).toMatch(/^last {3}█+ 1\/1 epochs {2}loss/)
    expect(lines.at(-1)).toBe('and 34 more')
    for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(60)
  })

  it('is drawn in place on a terminal, and stays at the end', async () => {
    const chunks: string[] = []
    const screen = Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk.toString())
          done()
        },
      }),
      { isTTY: true, columns: 80, rows: 24 },
    )
    const view = watchView(terminalOf({ stdout: screen, stderr: screen, env: {} }), true)
    const watched = await new WatchedFolder(join(folder, 'whole')).read()
    const [run] = watched.runs
    view.show({ ...watched, runs: [{ ...run!, state: 'running' }] })
    view.show(watched)
    view.stop()
    const [first, second] = [chunks[0]!, chunks.slice(1).join('')]
    expect(first).toContain('running')
    // Moves up, and writes over it.
    expect(second).toContain('\u001b[')
    expect(second).toContain('done')
  })
})
