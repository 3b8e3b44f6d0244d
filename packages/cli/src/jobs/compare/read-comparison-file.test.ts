import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readComparisonFile } from './read-comparison-file.js'

const comparison = (axis: string): object => ({
  version: 1,
  name: 'c',
  axes: [{ name: axis, labels: ['KD'] }],
  seeds: [0],
  runs: [{ labels: { method: 'KD' }, seed: 0, id: 'a', folder: 'runs/a', state: 'stopped' }],
})

async function read(value: object): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'kd-comparison-file-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'comparison.json'), JSON.stringify(value))
  return readComparisonFile(folder)
}

// What every object has by inheritance is no label; a table took the function for a text. Found by fuzzing.
it.each(['toString', 'valueOf', 'model'])('refuses runs without a label on the axis %s', async (axis) => {
  await expect(read(comparison(axis))).rejects.toThrow('runs: must have a label on each axis')
})

it('reads what kd compare writes', async () => {
  await expect(read(comparison('method'))).resolves.toEqual(comparison('method'))
})

it('takes values beyond 1 only of a figure that is no share', async () => {
  const figure = { name: 'error', title: 'Error', unit: 'number', better: 'lower' }
  const [run] = (comparison('method') as { runs: object[] }).runs
  const done = { ...comparison('method'), runs: [{ ...run, state: 'done', last: { epoch: 1, test: 7 } }] }
  await expect(read({ ...done, figure })).resolves.toEqual({ ...done, figure })
  await expect(read({ ...done, figure: { ...figure, unit: 'share' } })).rejects.toThrow('runs.0.last.test')
  await expect(read(done)).rejects.toThrow('runs.0.last.test')
})
