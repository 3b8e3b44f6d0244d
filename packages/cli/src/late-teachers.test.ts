import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDistillation } from './run/run-distillation.js'
import { runKd, type KdRun } from './testing/run-kd.js'

const plugin = join(import.meta.dirname, 'testing/sightings.mjs')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-late-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const config = (name: string) => ({
  plugin,
  dataset: { name: 'sightings' },
  teachers: [{ teacher: { name } }],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  method: { name: 'vanilla-kd' },
  training: { epochs: 2, batchSize: 32 },
  teacherTimeout: 5,
  engine: 'cpu' as const,
})

async function distil(name: string, ...overrides: string[]): Promise<KdRun> {
  const path = join(folder, `${name}.json`)
  await writeFile(path, JSON.stringify(config(name)))
  return runKd(['distill', path, ...overrides, '--out', join(folder, name)])
}

describe("a plugin's teacher that answers later", () => {
  it.each([
    ['too-many-rows', 'distill: teacher 0 (too-many-rows) must give one row for each of 1 examples, got 2'],
    [
      'not-finite',
      'distill: teacher 0 (not-finite) must give finite logits, got NaN for the example with id 0',
    ],
    ['throws', 'distill: teacher 0 (throws) must answer, got an error: the server is down'],
    [
      'hangs',
      'distill: teacher 0 (hangs) must answer within 0.3 s, got no answer; allow more time with teacherTimeout, or look whether it is still there',
    ],
    ['nothing', 'plugin: teacher nothing must be a function to logits, a teacher or a model, got undefined'],
    ['fails-at-once', 'plugin: teacher fails-at-once must be made, got an error: no address'],
  ])('is named in the error, and nothing is left behind: %s', async (name, message) => {
    const { exitCode, err } = await distil(name, ...(name === 'hangs' ? ['teacherTimeout=0.3'] : []))
    expect(err).toBe(`error ${message}\n`)
    expect(exitCode).toBe(1)
    expect(existsSync(join(folder, name))).toBe(false)
  })

  it('that falls silent in the middle ends the run, whose folder is free to be used again', async () => {
    const { exitCode, err } = await distil('hangs-later', 'teacherTimeout=0.5')
    expect(exitCode).toBe(1)
    expect(err).toContain('error distill: teacher 0 (hangs-later) must answer within 0.5 s, got no answer')
    const left = await readdir(join(folder, 'hangs-later'), { recursive: true })
    expect(left.filter((name) => /lock|\.tmp$/.test(name))).toEqual([])
  })

  it('teaches, and a run with it goes on after any step to the same bits', async () => {
    const run = async (out: string, stopAfter?: number, resume = false): Promise<void> => {
      const controller = new AbortController()
      let steps = 0
      await runDistillation(config('rate-server'), {
        out: join(folder, out),
        resume,
        checkpointSeconds: 0,
        signal: controller.signal,
        onProgress: ({ kind }) => {
          if (kind === 'step' && ++steps === stopAfter) controller.abort()
        },
      })
    }
    const weightsOf = async (out: string): Promise<string> =>
      (await readFile(join(folder, out, 'student/weights.bin'))).toString('hex')
    const lossesOf = async (out: string): Promise<unknown[]> =>
      (await readFile(join(folder, out, 'metrics.jsonl'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { train?: unknown; validation?: unknown })
        .map(({ train, validation }) => [train, validation])
    await run('whole')
    await run('interrupted', 4)
    expect(existsSync(join(folder, 'interrupted/checkpoint'))).toBe(true)
    await run('interrupted', undefined, true)
    expect(await weightsOf('interrupted')).toBe(await weightsOf('whole'))
    expect(await lossesOf('interrupted')).toEqual(await lossesOf('whole'))
  })
})
