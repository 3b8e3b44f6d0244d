import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogReader } from './log-reader.js'
import { parsedLine, resultIn, type ReadLine } from './run-log.js'

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'kd-log-'))))
afterEach(() => rm(folder, { recursive: true }))

const epoch = {
  ...{ kind: 'epoch', epoch: 1, steps: 2, seconds: 1, learningRate: 0.1 },
  train: { loss: null, parts: { label: 0.5 }, figures: { top1: 0.5, top5: null } },
}
const result = { kind: 'result', folder: '/a', method: 'm', ended: 'epochs', teachers: [], seconds: 1 }
async function readCheckedLog(of: string): Promise<ReadLine[]> {
  const lines: ReadLine[] = []
  await new LogReader(of, { onLine: (line) => lines.push(line), onRestart: () => undefined }).read()
  return lines
}
const written = (...lines: unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

describe('the log of a run', () => {
  it('is empty where there is no file', async () => {
    expect(await readCheckedLog(folder)).toEqual([])
  })

  it('is read up to half a line, without kinds that nobody knows', async () => {
    const text = written(epoch, { kind: 'note' }, null, result)
    await writeFile(join(folder, 'metrics.jsonl'), `${text}{"kind":"ep`)
    const lines = await readCheckedLog(folder)
    expect(lines.map(({ kind }) => kind)).toEqual(['epoch', 'result'])
    expect(lines[0]).toMatchObject({ train: { loss: NaN, figures: { top1: 0.5, top5: NaN } } })
  })

  it('is read as older versions wrote it, with the share of right answers beside the loss', async () => {
    const old = { ...epoch, train: { loss: 1, parts: {}, top1: 0.5 } }
    await writeFile(join(folder, 'metrics.jsonl'), written(old))
    expect((await readCheckedLog(folder))[0]).toMatchObject({ train: { loss: 1, figures: {}, top1: 0.5 } })
  })

  it('has what a method said, and what it does to single examples', async () => {
    const spread = { mean: null, standardDeviation: 1, histogram: { min: 0, max: 1, counts: [1, 2] } }
    const lines = [
      { kind: 'method', epoch: 1, figures: { meanChange: null }, warning: 'mostly chance' },
      { kind: 'examples', epoch: 1, examples: 3, spreads: { selected: spread } },
    ]
    await writeFile(join(folder, 'metrics.jsonl'), written(...lines))
    expect(await readCheckedLog(folder)).toEqual([
      { kind: 'method', epoch: 1, figures: { meanChange: NaN }, warning: 'mostly chance' },
      { kind: 'examples', epoch: 1, spreads: { selected: { ...spread, mean: NaN } }, shares: {} },
    ])
    const empty = {
      ...lines[1]!,
      spreads: { selected: { ...spread, histogram: { min: 0, max: 1, counts: [] } } },
    }
    expect(parsedLine(empty)).toBeUndefined()
  })

  it('names the line that no run writes', async () => {
    await writeFile(join(folder, 'metrics.jsonl'), written(epoch, { ...epoch, steps: -1 }))
    await expect(readCheckedLog(folder)).rejects.toThrow(/line 2 must be what a run writes, got steps: /)
    expect(parsedLine({ ...epoch, steps: -1 })).toBeUndefined()
  })

  it('has a result only when the run came to its end', () => {
    expect(resultIn(written(epoch, result), 'm')).toEqual({
      ...{ method: 'm', ended: 'epochs', teachers: [], seconds: 1 },
    })
    expect(resultIn(written({ ...result, ended: 'aborted' }), 'm')).toBeUndefined()
    expect(resultIn(written(epoch), 'm')).toBeUndefined()
    expect(resultIn('', 'm')).toBeUndefined()
    expect(() => resultIn(written({ ...result, seconds: 'one' }), 'm')).toThrow('the last line of m must be')
  })
})
