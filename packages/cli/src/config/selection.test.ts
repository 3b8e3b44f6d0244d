import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { makeMethod, methods, methodSchema } from './methods.js'
import { runKd } from '../testing/run-kd.js'

let folder: string

const text = `dataset: { name: digits, take: { train: 150 } }
teachers:
  - { model: { name: mlp, hiddenUnits: [8] }, training: { epochs: 1 } }
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: label-revision, selection: { fraction: 0.6 } }
training: { epochs: 2 }
engine: cpu
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-selection-'))
  await writeFile(join(folder, 'c.yaml'), text)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const distill = (name: string, ...words: string[]): ReturnType<typeof runKd> =>
  runKd(['distill', join(folder, 'c.yaml'), '--out', join(folder, name), '--json', ...words])

describe('selection in a config', () => {
  it('makes Label Revision and Data Selection one block', async () => {
    const run = await distill('run')
    expect(run.err).not.toContain('error')
    expect(run.exitCode).toBe(0)
    const config = parse(await readFile(join(folder, 'run/config.yaml'), 'utf8')) as { method: object }
    expect(config.method).toMatchObject({
      name: 'label-revision',
      eta: 0.8,
      selection: { score: 'influence', fraction: 0.6, model: 'teacher', every: 0, damping: 0.01 },
    })
    const metrics = await readFile(join(folder, 'run/metrics.jsonl'), 'utf8')
    // A part of the loss for the examples that are taught by their labels alone.
    expect(metrics).toContain('"unselected"')
  })

  it.each(['label-confidence', 'correctness', 'margin', 'random'])('chooses by %s', async (score) => {
    const run = await distill(score, `method.selection.score=${score}`, 'method.selection.model=student')
    expect(run.exitCode, run.err).toBe(0)
  })

  it('is checked before anything runs', async () => {
    const run = await distill('bad', 'method.selection.fraction=0')
    expect(run.exitCode).not.toBe(0)
    expect(run.err).toContain('method.selection.fraction')
  })

  it('is absent unless asked for', () => {
    const nameOf = (config: object): string => makeMethod(methodSchema(methods).parse(config), methods).name
    expect(nameOf({ name: 'vanilla-kd' })).toBe('vanilla-kd')
    expect(nameOf({ name: 'vanilla-kd', selection: {} })).toBe('selected-vanilla-kd')
  })
})
