import { appendFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lastLine, LogReader } from './log-reader.js'

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'kd-log-'))))
afterEach(() => rm(folder, { recursive: true }))

const path = (): string => join(folder, 'metrics.jsonl')
const epochLine = (epoch: number, seconds = 1): string =>
  `${JSON.stringify({ kind: 'epoch', epoch, steps: 2, seconds, learningRate: 0.1, train: { loss: 1 } })}\n`

/** A reader, and the epochs of the lines that it has given. */
function follow(): { reader: LogReader; found: () => unknown[] } {
  let found: unknown[] = []
  const reader = new LogReader(folder, {
    onLine: (line) => found.push('epoch' in line ? line.epoch : line.kind),
    onRestart: () => (found = []),
  })
  return { reader, found: () => found }
}

describe('a log that is read while it is written', () => {
  it('gives each line once, and half a line when it is whole', async () => {
    const { reader, found } = follow()
    await reader.read()
    expect(found()).toEqual([])
    const third = epochLine(3)
    await writeFile(path(), epochLine(1) + epochLine(2) + third.slice(0, 20))
    await reader.read()
    await reader.read()
    expect(found()).toEqual([1, 2])
    await appendFile(path(), third.slice(20))
    await reader.read()
    expect(found()).toEqual([1, 2, 3])
  })

  it('begins anew with a file that was cut, removed, or has grown again since', async () => {
    const { reader, found } = follow()
    await writeFile(path(), epochLine(1) + epochLine(2))
    await reader.read()
    await truncate(path(), epochLine(1).length)
    await reader.read()
    expect(found()).toEqual([1])
    await appendFile(path(), epochLine(2) + epochLine(3))
    await reader.read()
    // The same file, cut and longer than before by now.
    await truncate(path(), epochLine(1).length)
    await appendFile(path(), epochLine(2, 2) + epochLine(3, 2) + epochLine(4, 2))
    await reader.read()
    expect(found()).toEqual([1, 2, 3, 4])
    await rm(path())
    await reader.read()
    expect(found()).toEqual([])
  })

  it('reads lines of any length across what is read at a time', async () => {
    const figures = Object.fromEntries(
      Array.from({ length: 90_000 }, (_, index) => [`figure ${index}`, index]),
    )
    const long = `${JSON.stringify({ kind: 'method', epoch: 7, figures })}\n`
    expect(long.length).toBeGreaterThan(1 << 20)
    await writeFile(path(), epochLine(1) + long + epochLine(2))
    const { reader, found } = follow()
    await reader.read()
    expect(found()).toEqual([1, 7, 2])
  })

  it('takes no line twice where a later one was damaged for a moment', async () => {
    const { reader, found } = follow()
    await writeFile(path(), `${epochLine(1)}{"kind":\n`)
    await expect(reader.read()).rejects.toThrow('line 2 must hold JSON as a run writes it')
    await writeFile(path(), epochLine(1) + epochLine(2))
    await reader.read()
    expect(found()).toEqual([1, 2])
  })

  it('is an ordinary file', async () => {
    await mkdir(path())
    await expect(follow().reader.read()).rejects.toThrow(
      'metrics.jsonl must be a file that can be read, got a folder',
    )
  })
})

describe('lastLine', () => {
  it('reads the end of a file of any length', async () => {
    expect(await lastLine(path())).toBeUndefined()
    await writeFile(path(), '')
    expect(await lastLine(path())).toBe('')
    for (const last of ['{"a":1}', 'x'.repeat(3 << 20)]) {
      await writeFile(path(), `${'y'.repeat(2 << 20)}\n${last}\n`)
      expect(await lastLine(path())).toBe(last)
      await writeFile(path(), last)
      expect(await lastLine(path())).toBe(last)
    }
  })
})
