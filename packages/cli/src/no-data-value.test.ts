import { randomSource } from '@kd/core'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runComparison } from './jobs/compare/run-comparison.js'
import { inProcessRunner } from './jobs/runner/in-process-runner.js'
import { runKd } from './testing/run-kd.js'

/** The largest float32 below zero, by which many programs say that a value is missing. */
const NO_DATA = '-3.40282e+38'

function table(seed: string, count: number, last: readonly string[] = []): string {
  const random = randomSource(seed)
  const rows = Array.from({ length: count }, () => {
    const [x, y] = [random.normal(), random.normal()]
    return `${x},${y},${Number(x + y > 0)}`
  })
  return ['x,y,kind', ...rows, ...last].join('\n')
}

let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-no-data-'))
  await writeFile(at('train.csv'), table('train', 200))
  await writeFile(at('test.csv'), table('test', 40, [`${NO_DATA},1.5,1`]))
  const model = (units: number): string => `model: { name: mlp, hiddenUnits: [${units}] }`
  const config = `dataset: { name: csv, path: train.csv, testPath: test.csv, label: kind }
student: { ${model(8)} }
teachers: [{ ${model(16)}, training: { epochs: 3, batchSize: 16 } }]
method: { name: vanilla-kd }
training: { epochs: 3, batchSize: 16 }
engine: cpu
`
  await writeFile(at('n.yaml'), config)
  const methods = '{ KD: { name: vanilla-kd }, alone: { name: label-loss } }'
  await writeFile(at('cmp.yaml'), `base: ./n.yaml\nmethods: ${methods}\nseeds: 2\nbaseline: alone\n`)
})
afterAll(() => rm(folder, { recursive: true }))

describe('a test example that no float32 network can compute', () => {
  it('is a wrong prediction, and the run comes to its end with a warning', async () => {
    const run = await runKd(['distill', at('n.yaml'), '--out', at('out'), '--json'])
    expect(run.err).not.toContain('TypeError')
    expect(run.exitCode, run.err).toBe(0)
    expect(run.err).toMatch(/not finite|finite|NaN/)
    const { last } = run.json() as { last: { test: { top1: number } } }
    // 41 examples, of which one cannot be right.
    expect(last.test.top1).toBeLessThanOrEqual(40 / 41)
    await readFile(at('out/diagnostics.json'))
    expect((await runKd(['report', at('out')])).exitCode).toBe(0)
    expect((await runKd(['evaluate', at('out')])).exitCode).toBe(0)
    const again = await runKd(['distill', at('n.yaml'), '--out', at('out'), '--resume'])
    expect(again.exitCode, again.err).toBe(0)
  })

  it('fails no run of a comparison', async () => {
    const { comparison } = await runComparison(at('cmp.yaml'), {
      out: at('compared'),
      runner: inProcessRunner(),
    })
    expect(comparison.runs.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
  })
})
