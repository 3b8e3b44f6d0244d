import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/config-schema.js'
import type { RunProgress } from '../log/run-progress.js'
import { runDistillation, runTraining } from '../run-distillation.js'

const config: ConfigInput = {
  dataset: { name: 'digits', take: { train: 120, test: 40 } },
  teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 1 } }],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  method: { name: 'vanilla-kd' },
  training: { epochs: 3, batchSize: 30 },
  baseline: true,
  seed: 4,
  engine: 'cpu',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-alone-'))
})
afterAll(() => rm(folder, { recursive: true }))

const weights = (run: string, of: string): Promise<Buffer> => readFile(join(folder, run, of, 'weights.bin'))

describe('baseline: true', () => {
  it('trains beside the student the one that kd train makes, and changes nothing about the student', async () => {
    const both = await runDistillation(config, { out: join(folder, 'both') })
    const alone = await runTraining(config, { out: join(folder, 'alone') })
    expect(both.alone).toEqual({ last: alone.last, best: alone.best, saved: alone.saved })
    expect(await weights('both', 'student-alone')).toEqual(await weights('alone', 'student'))
    expect(alone.alone).toBeUndefined()
    expect(await readdir(join(folder, 'alone'))).not.toContain('student-alone')

    const without = await runDistillation({ ...config, baseline: false }, { out: join(folder, 'without') })
    expect(without.alone).toBeUndefined()
    expect(without.last).toEqual(both.last)
    expect(await weights('without', 'student')).toEqual(await weights('both', 'student'))
    expect(both.last).not.toEqual(both.alone!.last)
  })

  it('goes on from where it was ended, and is not trained again once it is there', async () => {
    const out = join(folder, 'interrupted')
    const trained: string[] = []
    const run = (endAt?: (progress: RunProgress) => boolean) => {
      const controller = new AbortController()
      trained.length = 0
      return runDistillation(config, {
        out,
        resume: true,
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.kind === 'training') trained.push(progress.who)
          if (endAt?.(progress) === true) controller.abort()
        },
      })
    }
    const isStep = (progress: RunProgress, who: string): boolean =>
      progress.kind === 'step' &&
      progress.who === who &&
      progress.step.epoch === 1 &&
      progress.step.step === 2
    const within = await run((progress) => isStep(progress, 'student alone'))
    expect([within.ended, within.alone, within.saved]).toEqual(['aborted', undefined, undefined])
    await run((progress) => isStep(progress, 'student'))
    expect(trained).toEqual(['student alone', 'student'])
    const whole = await run()
    expect(trained).toEqual(['student'])
    const untouched = await runDistillation(config, { out: join(folder, 'untouched') })
    const { folder: _, seconds: __, latency: ___, ...found } = untouched
    expect(whole).toMatchObject(found)
    for (const of of ['student', 'student-alone'])
      expect(await weights('interrupted', of)).toEqual(await weights('untouched', of))
  })

  it('is trained again where its record is damaged', async () => {
    const out = join(folder, 'damaged')
    const controller = new AbortController()
    await runDistillation(config, {
      out,
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.kind === 'step' && progress.who === 'student') controller.abort()
      },
    })
    await writeFile(join(out, 'student-alone/training.json'), '{"data": 1')
    const { alone } = await runDistillation(config, { out, resume: true })
    expect(alone!.last!.epoch).toBe(3)
    expect(await weights('damaged', 'student-alone')).toEqual(await weights('both', 'student-alone'))
  })
})
