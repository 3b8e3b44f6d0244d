import { readEventFile } from '@kd/report'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runDistillation } from '../run-distillation.js'
import { RunEvents, summaryOf } from './run-events.js'
import { RunLog, type RunLogLine } from './run-log.js'
import { RunFolder } from '../folder/run-folder.js'

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'kd-events-'))))
afterEach(() => rm(folder, { recursive: true }))

const file = (): string => join(folder, 'events.out.tfevents.kd')
const bytes = (): Promise<Buffer> => readFile(file())
const epoch = (number: number): object => ({
  kind: 'epoch',
  epoch: number,
  steps: 4,
  seconds: 2,
  learningRate: 0.1,
  train: { loss: 1 / number, parts: { label: 0.25, teacher: 0.5 }, figures: { top1: 0.5 } },
  validation: { examples: 8, loss: null, top1: 0.25, expectedCalibrationError: 0.125 },
})
const histogram = { min: 0, max: 0.5, counts: [1, 3] }
const method = { kind: 'method', epoch: 2, figures: { meanChange: 0.25 }, warning: 'mostly chance' }
const examples = {
  kind: 'examples',
  epoch: 1,
  spreads: { weight: { mean: 0.25, standardDeviation: 0.5, histogram } },
  shares: { right: 0.75 },
}
/** Of a task with classes, where some class has no example. */
const ofClasses = {
  kind: 'examples',
  epoch: 2,
  spreads: { labelWeight: { mean: 0.25, standardDeviation: 0.5, histogram, classMeans: [null] } },
}
const lines = [examples, epoch(1), method, ofClasses, epoch(2), { kind: 'result', ended: 'epochs' }]

/** Writes lines as a run does. */
async function write(from: number, to: number): Promise<void> {
  const run = RunFolder.at(folder)
  const events = await RunEvents.open(run)
  for (const line of lines.slice(from, to)) {
    await new RunLog(run).append(line as RunLogLine)
    await events.append(line)
  }
}

it('has no event for a line without numbers', () => {
  expect(summaryOf({ kind: 'examples', epoch: 1, examples: 5, spreads: {}, shares: {} })).toBeUndefined()
  expect(summaryOf({ kind: 'method', epoch: 1, figures: {} })).toBeUndefined()
})

describe('the event file of a run', () => {
  it('has what metrics.jsonl has over time', async () => {
    const before = Date.now() / 1000
    await write(0, 6)
    const events = readEventFile(await bytes())
    for (const { wallTime } of events) expect(Math.abs(wallTime - before)).toBeLessThan(60)
    expect(events.map(({ step }) => step)).toEqual([1, 1, 2, 2, 2])
    expect(events[4]!.scalars).toEqual({
      'train/loss': 0.5,
      'train/loss of label': 0.25,
      'train/loss of teacher': 0.5,
      'train/top1': 0.5,
      'validation/loss': NaN,
      'validation/top1': 0.25,
      'validation/expectedCalibrationError': 0.125,
      'run/learningRate': Math.fround(0.1),
      'run/secondsPerStep': 0.5,
    })
    expect(events[0]!.scalars).toEqual({ 'examples/weight mean': 0.25, 'examples/right': 0.75 })
    expect(Object.keys(events[0]!.histograms!)).toEqual(['examples/weight'])
    expect(events[2]!.scalars).toEqual({ 'method/meanChange': 0.25 })
    expect(events[2]).not.toHaveProperty('histograms')
    expect(events[3]).toMatchObject({
      scalars: { 'examples/labelWeight mean': 0.25 },
      histograms: {
        'examples/labelWeight': {
          ...{ min: 0, max: 0.5, count: 4, sum: 1, sumOfSquares: 1.25 },
          ...{ limits: [0.25, 0.5], counts: [1, 3] },
        },
      },
    })
  })

  it('is the same whatever a kill has left of it, and what stays keeps its place', async () => {
    await write(0, 6)
    const whole = await bytes()
    const events = readEventFile(whole)
    for (let length = 0; length <= whole.length; length += 7) {
      await writeFile(file(), whole.subarray(0, length))
      const { ino } = await stat(file())
      await RunEvents.open(RunFolder.at(folder))
      const found = await bytes()
      expect(found.length).toBe(whole.length)
      expect((await stat(file())).ino).toBe(ino)
      const kept = readEventFile(whole.subarray(0, length), { live: true })
      expect(readEventFile(found).slice(0, kept.length)).toEqual(kept)
      expect(readEventFile(found).map(({ step, scalars }) => [step, scalars])).toEqual(
        events.map(({ step, scalars }) => [step, scalars]),
      )
    }
  })

  it('loses what metrics.jsonl has lost, and what it never said', async () => {
    await write(0, 6)
    const whole = await bytes()
    const metrics = await readFile(join(folder, 'metrics.jsonl'))
    await new RunLog(RunFolder.at(folder)).truncate(metrics.indexOf('\n') + 1)
    await write(1, 5)
    expect((await bytes()).length).toBe(whole.length)
    await writeFile(file(), Buffer.concat([whole, whole]))
    await RunEvents.open(RunFolder.at(folder))
    expect(readEventFile(await bytes())).toHaveLength(5)
    whole[60]! ^= 1
    await writeFile(file(), whole)
    await RunEvents.open(RunFolder.at(folder))
    expect(readEventFile(await bytes())).toHaveLength(5)
  })

  it('is written by a run, epoch by epoch, and not doubled by another look', async () => {
    const out = join(folder, 'run')
    const found: number[] = []
    const run = {
      dataset: { name: 'digits', take: { train: 100, test: 30 } },
      student: { model: { name: 'mlp', hiddenUnits: [8] } },
      method: { name: 'label-smoothing' },
      training: { epochs: 2 },
      engine: 'cpu',
    } as const
    await runDistillation(run, { out })
    await runDistillation(run, { out, resume: true })
    const events = readEventFile(await readFile(join(out, 'events.out.tfevents.kd')))
    for (const { step } of events) found.push(step)
    expect(found).toEqual([1, 2])
    expect(Object.keys(events[0]!.scalars)).toContain('train/loss of label')
  })
})
