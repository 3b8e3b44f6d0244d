import { regression } from '@kd/core'
import { Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { RunProgress } from '../../run/log/run-progress.js'
import { taskReport } from '../../run/log/run-result.js'
import { showProgress } from './show-progress.js'
import { terminalOf } from './terminal.js'

function shown(isTTY: boolean) {
  let text = ''
  const err = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  const columns = { isTTY, columns: 100, cursorTo: () => true, clearLine: () => true, moveCursor: () => true }
  const terminal = terminalOf({ stdout: err, stderr: Object.assign(err, columns), env: { NO_COLOR: '1' } })
  return { terminal, text: () => text, ...showProgress(terminal) }
}

function written(isTTY: boolean, events: readonly (RunProgress | (() => RunProgress))[]): string {
  const { text, onProgress, stop } = shown(isTTY)
  for (const event of events) onProgress(typeof event === 'function' ? event() : event)
  stop()
  return text()
}

const step = { epoch: 0, epochs: 2, step: 5, stepsPerEpoch: 10, loss: 1.25 }
const train = { loss: 1.5, parts: {}, figures: { top1: 0.5 } }
const task = taskReport({ classNames: ['a', 'b'] })
const events: RunProgress[] = [
  { kind: 'message', text: 'run folder x' },
  { kind: 'training', who: 'student', epochs: 2 },
  { kind: 'step', who: 'student', step },
  {
    kind: 'epoch',
    who: 'student',
    epochs: 2,
    metrics: { epoch: 0, steps: 10, seconds: 2, learningRate: 0.1, train },
    task,
  },
  { kind: 'trained', who: 'student' },
]

describe('showProgress', () => {
  it('writes one plain line per epoch where there is no terminal', () => {
    expect(written(false, events)).toBe(
      'run folder x\nstudent epoch 1/2: loss 1.5000, train 50.00 % (2.0 s)\n',
    )
  })

  it('shows the figure of the task, without % where it is no share', () => {
    const ofTask: RunProgress = {
      kind: 'epoch',
      who: 'student',
      epochs: 2,
      metrics: {
        ...{ epoch: 0, steps: 10, seconds: 2, learningRate: 0.1 },
        train: { loss: 1.5, parts: {}, figures: { meanAbsoluteError: 0.5 } },
        validation: { examples: 10, rootMeanSquaredError: 1.23456, loss: 0.762 },
      },
      task: taskReport({ task: regression({ outputs: 1 }), classNames: ['price'] }),
    }
    expect(written(false, [ofTask])).toBe('student epoch 1/2: loss 1.5000, validation 1.235 (2.0 s)\n')
  })

  it('says once of each file that it is downloaded', () => {
    const download = (url: string, receivedBytes: number): RunProgress => ({
      kind: 'download',
      url,
      receivedBytes,
      totalBytes: 2e6,
    })
    expect(written(false, [download('a', 1), download('a', 2e6), download('b', 5)])).toBe(
      'downloading a (2.0 MB)\ndownloading b (2.0 MB)\n',
    )
  })

  it('says about every tenth of an evaluation', () => {
    const evaluated = Array.from({ length: 40 }, (_, index): RunProgress => ({
      kind: 'evaluated',
      examples: index + 1,
      of: 40,
    }))
    expect(written(false, evaluated).split('\n').slice(0, -1)).toHaveLength(10)
  })

  it('moves a bar with the steps on a terminal, below the lines of the epochs', () => {
    const text = written(true, events)
    expect(text).toContain('run folder x\n')
    expect(text).toMatch(/student 25% epoch 1\/2 {2}loss 1\.250/)
    // The epoch's line stands where the bar was taken away, and the bar is drawn again below it.
    expect(text).toMatch(/\[2Kstudent epoch 1\/2: loss 1\.5000, train 50\.00 % \(2\.0 s\)\n.*student 25%/)
  })

  it('shows the time that is left and the figure of the last epoch', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const atStep = (epoch: number, next: number): RunProgress => {
      vi.advanceTimersByTime(1000)
      return { kind: 'step', who: 'student', step: { ...step, epoch, step: next } }
    }
    const told = [() => atStep(0, 5), () => atStep(0, 6), () => events[3]!, () => atStep(1, 5)]
    const text = written(true, told)
    vi.useRealTimers()
    expect(text).toMatch(/30% epoch 1\/2 {2}loss 1\.250 {2}14 s left/)
    // 10 steps in two seconds.
    expect(text).toMatch(/75% epoch 2\/2 {2}loss 1\.250 {2}train 50\.00 % {2}1 s left/)
  })

  it('takes the bar away before anything else is written', () => {
    const { terminal, text, onProgress } = shown(true)
    onProgress(events[2]!)
    terminal.clearLine()
    terminal.out.write('result\n')
    expect(text().endsWith('\u001b[2K\r\u001b[2Kresult\n')).toBe(true)
  })

  it('lets no message move the cursor, or look like another message', () => {
    const text = 'job \u001b[2Kx\rdone\nstudent epoch 9/9: all is well'
    expect(written(false, [{ kind: 'message', text }])).toBe('job xdone\n  student epoch 9/9: all is well\n')
    const step9 = { ...events[2]!, who: 'a\u001b]0;title\u0007b' } as RunProgress
    expect(written(true, [step9])).toContain('ab 25%')
  })
})
