import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd } from '../testing/run-kd.js'
import { readRegularFile, readRegularText } from './regular-file.js'

let folder: string
let pipe: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-regular-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('readRegularFile', () => {
  it('reads what is there, up to a bound', async () => {
    const path = join(folder, 'four.txt')
    await writeFile(path, 'four')
    expect((await readRegularFile(path, 4)).length).toBe(4)
    expect(await readRegularText(path)).toBe('four')
    await expect(readRegularFile(path, 3)).rejects.toThrow('got 4 bytes, more than 3')
  })

  it('refuses whatever need not end, and folders', async () => {
    await expect(readRegularFile('/dev/zero')).rejects.toThrow('/dev/zero must be a file that can be read')
    await expect(readRegularFile(pipe)).rejects.toThrow('got a device, pipe or socket')
    await expect(readRegularFile(folder)).rejects.toThrow('got a folder')
    await expect(readRegularFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('kd, given a pipe or a device in place of a file', () => {
  const config = (teacher: string): string => `
dataset: { name: digits, take: { train: 50, test: 20 } }
teachers: [${teacher}]
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: vanilla-kd }
training: { epochs: 1 }
engine: cpu
`

  it.each([
    ['the weights of a teacher', '{ model: { name: mlp, hiddenUnits: [4] }, weights: /dev/zero }'],
    ['a folder of kept answers', '{ answers: /dev }'],
  ])('ends with an error: %s', async (_, teacher) => {
    const path = join(folder, 'c.yaml')
    await writeFile(path, config(teacher))
    const run = await runKd(['distill', path, '--out', join(folder, 'out'), '--force'])
    expect(run.exitCode).not.toBe(0)
    expect(run.err).toMatch(/^error .*\/dev/ms)
  })

  it('ends with an error: a config', async () => {
    expect((await runKd(['distill', pipe])).err).toContain('a device, pipe or socket')
    expect((await runKd(['compare', pipe])).err).toContain('a device, pipe or socket')
  })

  it.each(['environment.json', 'metrics.jsonl', 'diagnostics.json', 'config.yaml', 'comparison.json'])(
    'ends with an error: %s of a folder that is reported',
    async (name) => {
      const run = join(folder, 'run')
      await rm(run, { recursive: true, force: true })
      await mkdir(run)
      if (name !== 'comparison.json') {
        await writeFile(join(run, 'environment.json'), '{}')
        await writeFile(join(run, 'config.yaml'), 'seed: 0\n')
      }
      await rm(join(run, name), { force: true })
      execFileSync('mkfifo', [join(run, name)])
      const { exitCode, err } = await runKd(['report', run])
      expect(exitCode, err).not.toBe(0)
      expect(err).toContain(join(run, name))
      expect(err).toContain('device, pipe or socket')
    },
  )
})
