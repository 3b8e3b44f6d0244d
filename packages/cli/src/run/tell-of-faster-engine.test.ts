import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { EngineName } from '@kd/core'
import { runKd } from '../testing/run-kd.js'
import { tellOfFasterEngine } from './tell-of-faster-engine.js'

const told = (engine: EngineName): string[] => {
  const texts: string[] = []
  tellOfFasterEngine(engine, ({ text }) => texts.push(text))
  return texts
}

it('names @kd/native on wasm, and nothing on other engines', () => {
  expect(told('wasm')).toEqual([expect.stringContaining('@kd/native (npm install @kd/native)')])
  for (const engine of ['native', 'node', 'node-gpu', 'cpu', 'webgpu'] as const)
    expect(told(engine)).toEqual([])
})

it('stands once in what a training says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kd-faster-'))
  const config = 'dataset={ name: digits, take: { train: 100, test: 20 } }'
  const words = ['student.model={ name: mlp, hiddenUnits: [4] }', 'training.epochs=1']
  const file = join(folder, 'empty.json')
  await writeFile(file, '{}')
  const linesOf = async (engine: string): Promise<string[]> => {
    const where = ['--engine', engine, '--out', join(folder, engine)]
    const { exitCode, err } = await runKd(['train', file, config, ...words, ...where])
    expect(exitCode, err).toBe(0)
    return err.split('\n').filter((line) => line.includes('@kd/native'))
  }
  expect(await linesOf('wasm')).toHaveLength(1)
  expect(await linesOf('cpu')).toEqual([])
  await rm(folder, { recursive: true })
})
