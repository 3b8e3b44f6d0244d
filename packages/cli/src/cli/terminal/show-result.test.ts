import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { taskReport, type RunResult, type StudentAtEpoch } from '../../run/log/run-result.js'
import { resultText } from './show-result.js'

const found = (epoch: number, validation: number, test: number): StudentAtEpoch => ({
  epoch,
  validation: { top1: validation },
  test: { top1: test },
})

const result: RunResult = {
  folder: join(process.cwd(), 'runs/kd-vanilla-kd-0'),
  method: 'vanilla-kd',
  task: taskReport({ classNames: ['a', 'b'] }),
  seed: 3,
  engine: 'wasm',
  ended: 'epochs',
  saved: 'best',
  last: found(20, 0.9, 0.88),
  best: found(12, 0.93, 0.91),
  alone: { saved: 'best', last: found(20, 0.89, 0.9), best: found(5, 0.9, 0.895) },
  student: { parameters: 2410, bytes: 9640 },
  teachers: [
    { model: 'cifar-resnet', parameters: 24_100, bytes: 96_400, train: { top1: 0.99 }, test: { top1: 0.97 } },
  ],
  latency: {
    student: [
      { batchSize: 1, median: 0.123, p95: 0.246 },
      { batchSize: 64, median: 4.56, p95: 9.12 },
    ],
    teachers: [
      [
        { batchSize: 1, median: 12.3, p95: 24.6 },
        { batchSize: 64, median: 1500, p95: 3000 },
      ],
    ],
  },
  seconds: 12.34,
}

describe('resultText', () => {
  it('shows how good student and teacher are, what they cost, and where the student is, within 80 columns', () => {
    const text = resultText(result)
    expect(text).toBe(`vanilla-kd, seed 3, wasm engine, 12.3 s

accuracy                               train    validation  test
teacher (cifar-resnet)                 99.00 %              97.00 %
student alone, last epoch (20)                  89.00 %     90.00 %
student alone, best on validation (5)           90.00 %     89.50 %
student, last epoch (20)                        90.00 %     88.00 %
student, best on validation (12)                93.00 %     91.00 %
saved student on test, in points: +1.50 to the student alone, -6.00 to the teacher
(of one seed: kd compare tells a gain from chance)

                        parameters  size     compression  1 example  64 examples
teacher (cifar-resnet)  24,100      96.4 kB  10.0 x       12 ms      1500 ms
student                 2,410       9.6 kB                0.12 ms    4.6 ms
size: weights as float32; times: median of a call on the wasm engine, here and now

run folder ${join('runs', 'kd-vanilla-kd-0')} (student: best on validation)`)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(82)
  })

  it('leaves out what is not known: of runs of older versions, without teachers, or ended before', () => {
    const { alone: _, student: __, latency: ___, ...old } = result
    const text = resultText({ ...old, teachers: [{ model: 'mlp', train: { top1: 0.9 } }] })
    expect(text).not.toMatch(/parameters|points|alone|undefined|NaN/)
    const alone = resultText({ ...result, alone: {}, teachers: [], latency: { student: [], teachers: [] } })
    expect(alone).not.toMatch(/compression|points|teacher|undefined|NaN/)
    const { saved: ____, last: _____, best: ______, ...begun } = old
    expect(resultText({ ...begun, ended: 'aborted', teachers: [] })).toContain('no student: its training')
  })

  it('counts several teachers, of which one is a function', () => {
    const teachers = [...result.teachers, { model: 'oracle', train: { top1: 0.9 } }]
    const latency = { ...result.latency!, teachers: [...result.latency!.teachers, null] }
    const text = resultText({ ...result, teachers, latency })
    expect(text).toMatch(/\nteacher 1 \(cifar-resnet\) +24,100 +96.4 kB +10.0 x +12 ms +1500 ms\n/)
    expect(text).toMatch(/\nteacher 2 \(oracle\)\nstudent +2,410/)
    expect(text).toContain('+1.50 to the student alone\n')
  })

  it('takes no difference of figures that are no shares', () => {
    const task = { name: 'ink', monitor: 'rmse', kinds: {} } as const
    const kinds = { rmse: { title: 'error', unit: 'number', better: 'lower' } } as const
    const inked = (epoch: number): StudentAtEpoch => ({ epoch, test: { rmse: 1.5 } })
    const text = resultText({
      ...result,
      task: { ...task, kinds },
      best: inked(1),
      last: inked(2),
      alone: {},
    })
    expect(text).toMatch(/\nstudent, last epoch \(2\) +1\.5/)
    expect(text).not.toContain('points')
  })
})
