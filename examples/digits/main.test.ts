import { inProcessRunner, type ComparisonResult } from '@kd/cli'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
// @ts-expect-error The example is plain JavaScript.
import { compareMethods, describeComparison } from './main.mjs'

it('compares the methods under one teacher per seed, and says what it found', async () => {
  const out = await mkdtemp(join(tmpdir(), 'kd-digits-'))
  onTestFinished(() => rm(out, { recursive: true }))
  const lines: string[] = []
  const quickly = ['base.training.epochs=1', 'base.teachers.0.training.epochs=1']
  const found = (await compareMethods({
    out,
    runner: inProcessRunner(),
    engine: 'cpu',
    overrides: [...quickly, 'base.student.model.hiddenUnits=[8]', 'seeds=2'],
    report: (line: string) => lines.push(line),
  })) as ComparisonResult
  // Two teachers, and a student for each of six methods and two seeds.
  expect(lines).toHaveLength(1 + 2 + 12)
  expect(await readdir(join(out, 'runs'))).toHaveLength(12)
  expect(await readdir(join(out, 'teachers'))).toHaveLength(2)
  const text = describeComparison(found) as string
  expect(text).toMatch(/student alone +2( +\d+\.\d\d ± \d+\.\d\d){2} +[+-]?\d+\.\d\d/)
  expect(text).toMatch(/KD +2( +\d+\.\d\d ± \d+\.\d\d){2} +baseline[^]*LR \+ DS[^]*WSL/)
  expect(text).toMatch(/The teachers: right on \d+\.\d\d % of the images/)
})
