import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd } from '../testing/run-kd.js'
import { runTraining } from './run-distillation.js'
import type { EvaluationResult } from './run-evaluation.js'

const dataset = { name: 'digits', take: { train: 100, test: 50 } }
const mlp = (units: number): { name: string; hiddenUnits: number[] } => ({
  name: 'mlp',
  hiddenUnits: [units],
})
let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-costs-'))
  const common = { dataset, training: { epochs: 1 }, engine: 'cpu' } as const
  await runTraining({ ...common, student: { model: mlp(16) } }, { out: at('large') })
  const config = {
    ...common,
    student: { model: mlp(8) },
    teachers: [{ run: 'large' }, { model: mlp(32), training: { epochs: 1 } }],
    method: { name: 'vanilla-kd' },
  }
  await writeFile(at('kd.json'), JSON.stringify(config))
  const { exitCode, err } = await runKd(['distill', at('kd.json'), '--out', at('run')])
  expect(exitCode, err).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe('kd evaluate --latency', () => {
  it('measures the student and its teachers', async () => {
    const { json, exitCode, err } = await runKd(['evaluate', at('run'), '--latency', '--json'])
    expect(exitCode, err).toBe(0)
    const { costs } = json() as unknown as EvaluationResult
    expect(
      costs!.map(({ role, multiplyAdds, parameters, bytes }) => [role, multiplyAdds, parameters, bytes]),
    ).toEqual(
      [8, 16, 32].map((units, index) => {
        const parameters = 64 * units + units + units * 10 + 10
        return [index === 0 ? 'student' : `teacher ${index}`, 74 * units, parameters, 4 * parameters]
      }),
    )
    for (const { latency } of costs!) {
      expect(latency.map(({ batchSize }) => batchSize)).toEqual([1, 64])
      for (const { median, p95 } of latency) expect(p95).toBeGreaterThanOrEqual(median)
    }
    expect((await runKd(['evaluate', at('run'), '--json'])).json()).not.toHaveProperty('costs')
  })

  it('prints a table, without a teacher that is not there any more', async () => {
    await rm(at('large'), { recursive: true })
    const { out, err } = await runKd(['evaluate', at('run'), '--latency'])
    expect(out).toMatch(
      /parameters +size +multiply-adds +ms for 1, median \(p95\) +ms for 64, median \(p95\)\n/,
    )
    expect(out).toMatch(/student \(mlp\) +610 +2\.4 kB +592 +\d+\.\d\d \(\d+\.\d\d\)/)
    expect(out).toMatch(/teacher 2 \(mlp\) +2,410/)
    expect(err).toMatch(/teacher 1 is left out of the latencies: teachers\.0\.run must be the folder/)
  })
})
