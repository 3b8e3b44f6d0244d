import { decode } from 'fast-png'
import { parquetReadObjects } from 'hyparquet'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runKd } from '../../testing/run-kd.js'
import type { SelectionResult } from './run-selection.js'

let folder: string
let config: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-select-'))
  config = join(folder, 'small.yaml')
  await writeFile(config, text)
})
afterEach(() => rm(folder, { recursive: true }))

const text = `dataset: { name: digits, validation: 0.2, labelNoise: { kind: symmetric, rate: 0.2 } }
teachers:
  - model: { name: mlp, hiddenUnits: [16] }
    training: { epochs: 4, batchSize: 64, learningRate: 0.1 }
student: { model: { name: mlp, hiddenUnits: [8] } }
method: { name: label-revision, selection: { score: influence, fraction: 0.7 } }
engine: cpu
`

describe('kd select', () => {
  it('writes scores and pictures of what the teacher would teach', async () => {
    const out = join(folder, 'out')
    const run = await runKd(['select', config, '--out', out, '--json'])
    expect(run.exitCode).toBe(0)
    expect(run.err).toMatch(/1437 examples x \(16 features \+ 10 logits\): 0\.1 MB in memory, about \d+ s/)
    const result = run.json() as unknown as SelectionResult
    expect(result).toMatchObject({ examples: 1150, selected: 805, ended: 'done', model: 'teacher' })
    // Every fifth label is wrong; the teacher's last layer must tell where better than chance.
    expect(result.wrongLabels!.selected).toBeLessThan(0.15)
    expect(result.wrongLabels!.others).toBeGreaterThan(0.3)
    expect(await readdir(out)).toEqual(expect.arrayContaining([...result.files]))

    const lines = (await readFile(join(out, 'scores.csv'), 'utf8')).trim().split('\n')
    expect(lines[0]).toBe('id,label,cleanLabel,prediction,confidence,score,selected')
    const rows = await parquetReadObjects({ file: bufferOf(await readFile(join(out, 'scores.parquet'))) })
    expect(rows).toHaveLength(1150)
    expect(lines.slice(1)).toEqual(rows.map((row) => Object.values(row).join(',')))
    const chosen = rows.filter(({ selected }) => selected === true)
    expect(chosen).toHaveLength(805)
    const least = Math.min(...chosen.map(({ score }) => score as number))
    expect(rows.every(({ score, selected }) => selected === (score as number) >= least)).toBe(true)

    const picture = decode(await readFile(join(out, 'best-and-worst.png')))
    // Eight columns of digits enlarged eight times.
    expect([picture.width, picture.channels]).toEqual([8 + 8 * 72, 3])
    expect(new Set(picture.data).size).toBeGreaterThan(10)
    expect(await readFile(join(out, 'histogram.svg'), 'utf8')).toMatch(/^<svg[^]*by the teacher/)
  })

  it('gives the same scores again, and does not overwrite unasked', async () => {
    const words = ['select', config, 'method.selection.score=margin', 'dataset.validation=0']
    const first = await runKd([...words, '--out', join(folder, 'a')])
    expect(first.exitCode).toBe(0)
    await runKd([...words, '--out', join(folder, 'b')])
    const scores = await readFile(join(folder, 'a/scores.csv'))
    expect(scores.equals(await readFile(join(folder, 'b/scores.csv')))).toBe(true)
    expect((await runKd([...words, '--out', join(folder, 'a')])).exitCode).toBe(2)
    expect((await runKd([...words, '--out', join(folder, 'a'), '--force'])).exitCode).toBe(0)
  })

  it('leaves no scores when it is ended', async () => {
    const ending = new AbortController()
    ending.abort()
    const out = join(folder, 'out')
    const run = await runKd(['select', config, '--out', out, '--json'], ending.signal)
    expect(run.json()).toMatchObject({ ended: 'aborted', files: [] })
    expect(await readdir(out)).not.toContain('scores.csv')
  })

  it.each([
    ['influence without held-out data', ['dataset.validation=0'], 1, 'influence must have a held-out split'],
    ['no teacher', ['teachers=[]'], 2, 'must have a teacher to score with'],
    ['an untrained student', ['method.selection.model=student'], 2, 'must have a trained student'],
    ['a fraction of nothing', ['method.selection.fraction=0'], 2, 'fraction'],
  ])('refuses %s', async (_, overrides, exitCode, message) => {
    const run = await runKd(['select', config, ...overrides, '--out', join(folder, 'out')])
    expect(run.exitCode).toBe(exitCode)
    expect(run.err).toContain(message)
  })
})

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer
}
