import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { collectComparison } from './collect-comparison.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-collect-'))
})
afterEach(() => rm(folder, { recursive: true }))

const metrics = { top1: 0.75 }
const result = {
  ...{ kind: 'result', ended: 'epochs', seconds: 2 },
  last: { epoch: 1, validation: metrics, test: metrics },
  teachers: [{ model: 'mlp', train: metrics }],
}

it('takes what is whole and says what is damaged of the rest', async () => {
  const lines = [
    JSON.stringify(result),
    JSON.stringify({ ...result, teachers: [null] }),
    'null',
    JSON.stringify({ ...result, last: { epoch: 1, test: { top1: 7 } } }),
  ]
  const runs = lines.map((_, seed) => ({
    ...{ labels: { method: 'KD' }, seed, id: `${seed}`, folder: `runs/${seed}`, state: 'submitted' },
  }))
  const comparison = {
    version: 1,
    name: 'c',
    axes: [{ name: 'method', labels: ['KD'] }],
    seeds: [0, 1, 2, 3],
    runs,
  }
  await writeFile(join(folder, 'comparison.json'), JSON.stringify(comparison))
  for (const [seed, line] of lines.entries()) {
    const run = join(folder, `runs/${seed}`)
    await mkdir(run, { recursive: true })
    await writeFile(join(run, 'config.yaml'), 'seed: 1\n')
    await writeFile(join(run, 'environment.json'), JSON.stringify({ id: `${seed}` }))
    await writeFile(join(run, 'metrics.jsonl'), `${line}\n`)
  }
  const found = await collectComparison(folder)
  expect(found.runs.map(({ state }) => state)).toEqual(['done', 'failed', 'submitted', 'failed'])
  expect(found.runs[0]!.last).toEqual({ epoch: 1, validation: 0.75, test: 0.75 })
  const path = join(folder, 'runs/1/metrics.jsonl')
  expect(found.runs[1]!.message).toContain(
    `the last line of ${path} must be what a run writes, got teachers.0: `,
  )
  expect(found.runs[3]!.message).toContain('last.test.top1')
})
