import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runKd } from '../../testing/run-kd.js'
import { configAndOverrides, newestFolder, runAndOverrides } from './standard-arguments.js'

let folder: string
const from = process.cwd()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-standard-'))
  process.chdir(folder)
})
afterEach(async () => {
  process.chdir(from)
  await rm(folder, { recursive: true })
})

describe('configAndOverrides', () => {
  it('takes the file of the working folder where none is named, with overrides or without', async () => {
    await writeFile('kd.yaml', '')
    expect(configAndOverrides([], 'kd.yaml')).toEqual({ config: 'kd.yaml', overrides: [] })
    const overrides = ['training.epochs=5', 'seed=1']
    expect(configAndOverrides(overrides, 'kd.yaml')).toEqual({ config: 'kd.yaml', overrides })
    expect(configAndOverrides(['my.yaml', 'seed=1'], 'kd.yaml')).toEqual({
      config: 'my.yaml',
      overrides: ['seed=1'],
    })
  })

  it('knows a file whose name has an = in it, and a path that is missing', async () => {
    await writeFile('lr=0.1.yaml', '')
    expect(configAndOverrides(['lr=0.1.yaml'], 'kd.yaml').config).toBe('lr=0.1.yaml')
    expect(configAndOverrides(['/none/a=b.yaml'], 'kd.yaml').config).toBe('/none/a=b.yaml')
  })

  it.each([
    ['distill', 'kd.yaml'],
    ['train', 'kd.yaml'],
    ['select', 'kd.yaml'],
    ['keep-answers', 'kd.yaml'],
    ['compare', 'compare.yaml'],
  ])('of kd %s says what to do where there is no %s', async (command, file) => {
    for (const words of [[], ['seed=1']]) {
      const { exitCode, err } = await runKd([command, ...words])
      expect([exitCode, err]).toEqual([
        2,
        expect.stringMatching(`a config must be named .*no ${file}, got none; .*init writes ${file}`),
      ])
    }
  })
})

describe('newestFolder', () => {
  it('is the one that was written last, of those that have the file', async () => {
    for (const [name, file, at] of [
      ['old', 'config.yaml', 1000],
      ['new', 'config.yaml', 3000],
      ['between', 'config.yaml', 2000],
      ['compared', 'comparison.json', 4000],
      ['foreign', 'other.txt', 5000],
    ] as const) {
      await mkdir(join('runs', name), { recursive: true })
      await writeFile(join('runs', name, file), '')
      await utimes(join('runs', name, file), at, at)
    }
    expect(await newestFolder(['config.yaml'])).toBe(join('runs', 'new'))
    expect(await newestFolder(['config.yaml', 'comparison.json'])).toBe(join('runs', 'compared'))
    expect(await runAndOverrides(['dataset.seed=3'])).toEqual({
      source: join('runs', 'new'),
      overrides: ['dataset.seed=3'],
    })
  })

  it.each(['report', 'evaluate'])('of kd %s says what to do where there is none', async (command) => {
    const { exitCode, err } = await runKd([command])
    expect([exitCode, err]).toEqual([2, expect.stringMatching(/a folder must be named .*distill makes one/)])
  })
})
