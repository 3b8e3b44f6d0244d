import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeCheckpoint, type RunCheckpoint } from './checkpoint-file.js'
import { CheckpointFolder } from './checkpoint-folder.js'

let root: string
let path: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kd-checkpoint-'))
  path = join(root, 'checkpoint')
})
afterEach(() => rm(root, { recursive: true }))

const identity = 'b'.repeat(64)
const checkpoint = (step: number, about: Partial<RunCheckpoint> = {}): RunCheckpoint => ({
  identity,
  who: 'student',
  metricsBytes: step,
  seconds: 1,
  training: {
    progress: {
      optimizer: 'sgd',
      method: 'label-loss',
      epoch: 0,
      step,
      running: { seconds: 1, learningRate: 1, figures: ['top1'], parts: [], sums: [step, 0], examples: step },
      history: [],
    },
    tensors: new Map([['student/0', { dtype: 'float32', shape: [1], values: Float32Array.of(step) }]]),
  },
  ...about,
})

async function look(
  about: { who?: string; identity?: string; metricsBytes?: number } = {},
): Promise<{ step: number | undefined; refused: string[] }> {
  const refused: string[] = []
  const found = await new CheckpointFolder(path).latest({
    who: 'student',
    identity,
    metricsBytes: 100,
    onRefused: (file, reason) => refused.push(`${Number(file.slice(0, 8))}: ${reason}`),
    ...about,
  })
  return { step: found?.training.progress.step, refused }
}

const names = async (): Promise<string[]> => (await readdir(path)).sort()

describe('the checkpoint folder', () => {
  it('keeps the newest and the one before, and finds the newest', async () => {
    expect(await look()).toEqual({ step: undefined, refused: [] })
    const folder = new CheckpointFolder(path)
    for (const step of [1, 2, 3]) await folder.write(checkpoint(step))
    expect((await names()).map((name) => name.slice(0, 9))).toEqual(['00000002-', '00000003-'])
    expect(await look()).toEqual({ step: 3, refused: [] })
  })

  it.each<[string, (file: string) => Promise<void>, string]>([
    ['torn', (file) => truncate(file, 100), 'its 100 bytes must have the SHA-256 of its name'],
    ['empty', (file) => truncate(file, 0), 'its 0 bytes must have'],
    [
      'damaged in one bit',
      async (file) => {
        const bytes = await readFile(file)
        bytes[bytes.length - 1]! ^= 1
        await writeFile(file, bytes)
      },
      'must have the SHA-256 of its name',
    ],
  ])(
    'refuses a checkpoint that is %s, with the reason, and takes the one before',
    async (_, damage, reason) => {
      const folder = new CheckpointFolder(path)
      for (const step of [1, 2]) await folder.write(checkpoint(step))
      await damage(join(path, (await names())[1]!))
      const found = await look()
      expect(found.step).toBe(1)
      expect(found.refused).toHaveLength(1)
      expect(found.refused[0]).toContain(reason)
    },
  )

  it('keeps the good one when it goes on after a damaged one', async () => {
    const folder = new CheckpointFolder(path)
    for (const step of [1, 2]) await folder.write(checkpoint(step))
    const [good, bad] = await names()
    await truncate(join(path, bad!), 10)
    await writeFile(join(path, `${bad}.4711.tmp`), 'half')
    const resumed = new CheckpointFolder(path)
    await resumed.latest({ who: 'student', identity, metricsBytes: 100, onRefused: () => undefined })
    await resumed.write(checkpoint(3))
    expect((await names()).map((name) => name.slice(0, 9))).toEqual(['00000001-', '00000003-'])
    expect((await names())[0]).toBe(good)
  })

  it.each<[string, RunCheckpoint, string]>([
    ['of another run', checkpoint(2, { identity: 'c'.repeat(64) }), 'of a run with other data or teachers'],
    [
      'of metrics that are gone',
      checkpoint(2, { metricsBytes: 101 }),
      'metrics.jsonl must have the 101 bytes that it had then, got 100',
    ],
  ])('refuses a checkpoint %s', async (_, foreign, reason) => {
    const folder = new CheckpointFolder(path)
    await folder.write(checkpoint(1))
    await folder.write(foreign)
    expect(await look()).toEqual({ step: 1, refused: [expect.stringContaining(reason)] })
  })

  it('passes over checkpoints of other trainings of the run', async () => {
    const folder = new CheckpointFolder(path)
    await folder.write(checkpoint(5, { who: 'teacher-1' }))
    await folder.write(checkpoint(1))
    expect(await look({ who: 'teacher-1' })).toEqual({ step: 5, refused: [] })
  })

  it('takes no links, folders and other names for checkpoints, and leaves them alone', async () => {
    await mkdir(path)
    const elsewhere = join(root, 'elsewhere')
    await writeFile(elsewhere, encodeCheckpoint(checkpoint(7)))
    const name = `00000009-${'d'.repeat(64)}.safetensors`
    await symlink(elsewhere, join(path, name))
    await mkdir(join(path, name.replace('9', '8')))
    await copyFile(elsewhere, join(path, '9.safetensors'))
    expect(await look()).toEqual({ step: undefined, refused: [] })
    await new CheckpointFolder(path).write(checkpoint(1))
    expect(await readFile(elsewhere)).toEqual(Buffer.from(encodeCheckpoint(checkpoint(7))))
    expect(await names()).toContain('9.safetensors')
  })
})
