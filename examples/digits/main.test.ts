import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
// @ts-expect-error The example is plain JavaScript.
import { compareMethods, describeComparison } from './main.mjs'

it('compares the four methods under one teacher per seed', async () => {
  const out = await mkdtemp(join(tmpdir(), 'kd-digits-'))
  onTestFinished(() => rm(out, { recursive: true }))
  const lines: string[] = []
  const found = await compareMethods({
    seeds: [0, 1],
    out,
    overrides: ['training.epochs=1', 'engine=cpu', 'student.model.hiddenUnits=[8]'],
    report: (line: string) => lines.push(line),
  })
  expect(lines).toHaveLength(10)
  expect(await readdir(out)).toHaveLength(10)
  const text = describeComparison(found, [0, 1]) as string
  expect(text).toMatch(/label-loss +\d+\.\d\d ± \d+\.\d\d % +\d+\.\d\d ± \d+\.\d\d %\n/)
  expect(text).toMatch(/vanilla-kd[^]*label-revision[^]*weighted-soft-labels/)
  expect(text).toMatch(/The teacher: \d+\.\d\d ± \d+\.\d\d % on the images that the student is trained on/)

  // One teacher per seed, the same for every method.
  const trained = [...(found.runs.values() as Iterable<{ teachers: { train: { top1: number } }[] }[]>)]
  const ofSeed = (seed: number): (number | undefined)[] =>
    trained.map((runs) => runs[seed]!.teachers[0]?.train.top1)
  expect(new Set(ofSeed(0).slice(1)).size).toBe(1)
  expect(ofSeed(0)[1]).not.toBe(ofSeed(1)[1])
})
