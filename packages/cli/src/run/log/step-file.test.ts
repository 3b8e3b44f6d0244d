import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RunFolder } from '../folder/run-folder.js'
import { readStep, StepFile } from './step-file.js'

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'kd-step-'))))
afterEach(() => rm(folder, { recursive: true }))

const step = { epoch: 2, epochs: 10, step: 5, stepsPerEpoch: 20, loss: 0.5 }

it('says how far a training is, at most once a second, and is gone after it', async () => {
  const file = new StepFile(RunFolder.at(folder))
  file.note({ kind: 'trained', who: 'student' })
  file.note({ kind: 'step', who: 'teacher 1', step })
  file.note({ kind: 'step', who: 'teacher 1', step: { ...step, step: 6 } })
  await expect.poll(() => readStep(folder)).toEqual({ who: 'teacher 1', step })
  await file.remove()
  expect(await readStep(folder)).toBeUndefined()
  expect(await readdir(folder)).toEqual([])
})

it('ends no training where it cannot be written', async () => {
  const file = new StepFile(RunFolder.at(join(folder, 'gone')))
  file.note({ kind: 'step', who: 'student', step: { ...step, loss: undefined } })
  await expect(file.remove()).resolves.toBeUndefined()
})

it.each(['', '{"who":', '{}', JSON.stringify({ who: 'x\u001b[2J', step }), 'x'.repeat(20_000)])(
  'is not believed: %#',
  async (text) => {
    await writeFile(join(folder, 'progress.json'), text)
    expect(await readStep(folder)).toBeUndefined()
  },
)
