import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKd } from '../../testing/run-kd.js'

let folder: string
let words: string[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-keep-'))
  const config = {
    dataset: { name: 'digits', take: { train: 60, validation: 20, test: 20 } },
    teachers: [{ model: { name: 'mlp', hiddenUnits: [4] }, training: { epochs: 1, batchSize: 20 } }],
    student: { model: { name: 'mlp', hiddenUnits: [4] } },
    engine: 'cpu',
  }
  await writeFile(join(folder, 'kd.yaml'), JSON.stringify(config))
  words = [join(folder, 'kd.yaml'), '--out', join(folder, 'answers')]
})
afterAll(() => rm(folder, { recursive: true }))

const warning = 'kd label is called kd keep-answers now; the old name works until 1.0\n'

describe('kd keep-answers', () => {
  it('says what it kept, and what to write into a config', async () => {
    const { exitCode, out, err } = await runKd(['keep-answers', ...words])
    expect(exitCode, err).toBe(0)
    expect(out).toMatch(/^asked about 100 examples of digits now, cpu engine/)
    expect(out).toContain('teachers: [{ answers: ... }]')
    expect(out).toContain(join(folder, 'answers/answers-1'))
    expect(err).not.toContain(warning)
    expect(existsSync(join(folder, 'answers/answers-1/manifest.json'))).toBe(true)
  })

  it('goes on under its old name, with one warning, and shows only the new one', async () => {
    const { exitCode, out, err } = await runKd(['label', ...words])
    expect(exitCode, err).toBe(0)
    expect(err.split(warning)).toHaveLength(2)
    expect(out).toMatch(/^asked about 0 examples of digits now/)
    const help = await runKd(['--help'])
    expect(help.out).toContain('keep-answers')
    expect(help.out).not.toMatch(/^ +label\b/m)
  })

  it('reads the old key of a teacher, with a warning', async () => {
    const old = `teachers=[{ labels: ${join(folder, 'answers/answers-1')} }]`
    const further = ['method.name=vanilla-kd', 'training.epochs=1', 'training.batchSize=20']
    const { exitCode, err } = await runKd([
      ...['distill', words[0]!, old, ...further, '--out', join(folder, 'run')],
    ])
    expect(exitCode, err).toBe(0)
    expect(err).toContain('teachers.0.labels is called teachers.0.answers now; the old key works until 1.0')
  })
})
