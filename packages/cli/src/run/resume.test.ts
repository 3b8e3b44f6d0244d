import { existsSync, statSync } from 'node:fs'
import {
  appendFile,
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandName } from '../cli/terminal/terminal.js'
import { runKd } from '../testing/run-kd.js'
import { withoutMoment } from '../testing/run-outcome.js'
import type { ConfigInput } from '../config/config-schema.js'
import { runDistillation } from './run-distillation.js'
import type { RunOptions } from './run-options.js'
import type { RunProgress } from './log/run-progress.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-resume-'))
  await runDistillation(config, { out: join(folder, 'whole') })
})
afterAll(() => rm(folder, { recursive: true }))

const config = {
  dataset: { name: 'digits', take: { train: 100, test: 30 } },
  teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 2 } }],
  student: { model: { name: 'mlp', hiddenUnits: [8] } },
  method: { name: 'vanilla-kd' },
  training: { epochs: 3, batchSize: 25 },
  engine: 'cpu',
} as const satisfies ConfigInput

/** Runs until `until` holds, and tells what was said. */
async function interrupted(
  out: string,
  until: (progress: RunProgress) => boolean,
  options: RunOptions = {},
): Promise<string[]> {
  const controller = new AbortController()
  const said: string[] = []
  await runDistillation(config, {
    out,
    checkpointSeconds: 0,
    signal: controller.signal,
    onProgress: (progress) => {
      if (progress.kind === 'message') said.push(progress.text)
      if (until(progress)) controller.abort()
    },
    ...options,
  })
  return said
}

const never = (): boolean => false
const inStep =
  (who: string, epoch: number, step: number) =>
  (progress: RunProgress): boolean =>
    progress.kind === 'step' &&
    progress.who === who &&
    progress.step.epoch === epoch &&
    progress.step.step === step

/** What a run found, wall times aside. */
async function found(out: string): Promise<{ metrics: string; student: string; teacher: string }> {
  const metrics = await readFile(join(out, 'metrics.jsonl'), 'utf8')
  return {
    metrics: withoutMoment(metrics),
    student: (await readFile(join(out, 'student', 'weights.bin'))).toString('hex'),
    teacher: (await readFile(join(out, 'teacher-1', 'weights.bin'))).toString('hex'),
  }
}

/** A signal that is set off when something holds. */
function abortWhen(holds: () => boolean): AbortSignal {
  const controller = new AbortController()
  const timer = setInterval(() => {
    if (!holds()) return
    clearInterval(timer)
    controller.abort()
  }, 5)
  return controller.signal
}

const checkpointFiles = async (out: string): Promise<string[]> =>
  (await readdir(join(out, 'checkpoint'))).sort().map((name) => join(out, 'checkpoint', name))

describe('--resume', () => {
  it.each<[string, (progress: RunProgress) => boolean, string[]]>([
    ['teacher', inStep('teacher', 1, 1), ['teacher-1 goes on in epoch 2 after step 1']],
    ['student', inStep('student', 1, 2), ['student goes on in epoch 2 after step 2']],
    ['last epoch', inStep('student', 2, 4), ['student goes on in epoch 3 after step 4']],
  ])('goes on where Ctrl-C ended the run, in the %s', async (name, until, expected) => {
    const out = join(folder, `interrupted ${name}`)
    await interrupted(out, until)
    const said = await interrupted(out, never, { resume: true })
    expect(said.filter((text) => text.includes('goes on'))).toEqual(expected)
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
    expect(await readdir(out)).not.toContain('checkpoint')
    const environment = JSON.parse(await readFile(join(out, 'environment.json'), 'utf8')) as object
    expect(environment).toMatchObject({ id: expect.any(String), resumedAt: [expect.any(String)] })
  })

  it('doubles no epoch, drops a result that was none, and does not train the teacher again', async () => {
    const out = join(folder, 'several times')
    const trained: string[] = []
    const note = (progress: RunProgress): false => {
      if (progress.kind === 'epoch') trained.push(`${progress.who} ${progress.metrics.epoch}`)
      return false
    }
    await interrupted(out, (progress) => note(progress) || inStep('student', 0, 3)(progress))
    await interrupted(out, (progress) => note(progress) || inStep('student', 2, 1)(progress), {
      resume: true,
    })
    await interrupted(out, note, { resume: true })
    expect(trained).toEqual(['teacher 0', 'teacher 1', 'student 0', 'student 1', 'student 2'])
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
  })

  it('says so when the run has ended, and leaves it as it is', async () => {
    const out = join(folder, 'whole')
    const before = await found(out)
    // A kill after its last line has left them.
    await mkdir(join(out, 'checkpoint'))
    await writeFile(join(out, 'checkpoint', 'left'), '')
    const run = await runKd(['distill', join(out, 'config.yaml'), '--out', out, '--resume', '--json'])
    expect(run.exitCode).toBe(0)
    expect(run.err).toContain('this run has ended already')
    expect(run.json()).toMatchObject({ folder: out, ended: 'epochs', last: { epoch: 3 } })
    expect(await found(out)).toEqual(before)
    expect(await readdir(out)).not.toContain('checkpoint')
  })

  it('begins a run that had not begun, or not got past half a file', async () => {
    const out = join(folder, 'begun')
    await interrupted(out, (progress) => progress.kind === 'training', { resume: true })
    await rm(join(out, 'metrics.jsonl'))
    await rm(join(out, 'environment.json'))
    await writeFile(join(out, 'environment.json.99.tmp'), '{')
    await interrupted(out, never, { resume: true })
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
    expect(await readdir(out)).not.toContain('environment.json.99.tmp')
  })

  it('removes the half-written files of a killed save from every folder of the run, and nothing else', async () => {
    const out = join(folder, 'killed saves')
    await interrupted(out, inStep('student', 2, 4))
    const torn = ['student/weights.bin.7.tmp', 'teacher-1/teacher.safetensors.12.tmp', 'checkpoint/x.3.tmp']
    for (const name of torn) await writeFile(join(out, name), 'half')
    await writeFile(join(out, 'student/notes.tmp'), 'mine')
    await interrupted(out, never, { resume: true })
    const left = await readdir(out, { recursive: true })
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual(['student/notes.tmp'])
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
    // A run that has ended is swept as well.
    await writeFile(join(out, torn[0]!), 'half')
    await interrupted(out, never, { resume: true })
    expect(existsSync(join(out, torn[0]!))).toBe(false)
  })

  it('uses the checkpoint before a damaged one, and says why', async () => {
    const out = join(folder, 'damaged')
    await interrupted(out, inStep('student', 1, 3))
    await truncate((await checkpointFiles(out)).at(-1)!, 1000)
    const said = await interrupted(out, never, { resume: true })
    expect(said.join('\n')).toMatch(/checkpoint\/\S+ is not used: its 1000 bytes must have the SHA-256/)
    expect(said.join('\n')).toContain('student goes on in epoch 2 after step 2')
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
  })

  it('begins the training again where no checkpoint is good, to the same bits', async () => {
    const out = join(folder, 'all damaged')
    await interrupted(out, inStep('student', 1, 3))
    for (const file of await checkpointFiles(out)) await appendFile(file, ' ')
    const said = await interrupted(out, never, { resume: true })
    expect(said.join('\n')).toContain('student begins from the start')
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
  })

  it('trains a saved teacher again when it is damaged', async () => {
    const out = join(folder, 'damaged teacher')
    await interrupted(out, inStep('student', 1, 3))
    await truncate(join(out, 'teacher-1', 'teacher.safetensors'), 500)
    await interrupted(out, never, { resume: true })
    expect(await found(out)).toEqual(await found(join(folder, 'whole')))
  })

  it('goes on by the command that Ctrl-C prints', async () => {
    const out = join(folder, "printed, it's quoted")
    const words = ['training.epochs=1000', 'seed=5', 'engine=cpu']
    const file = join(folder, 'printed.json')
    await writeFile(file, JSON.stringify(config))
    const begun = abortWhen(() => existsSync(join(out, 'metrics.jsonl')))
    const run = await runKd(['distill', file, ...words, '--out', out], begun)
    const printed = run.out.trim().split('\n').at(-1)!
    expect(printed).toBe(
      `go on with: ${commandName(process.env)} distill '${out.replace("'", String.raw`'\''`)}/config.yaml' --out '${out.replace("'", String.raw`'\''`)}' --resume`,
    )
    const length = (await readFile(join(out, 'metrics.jsonl'))).length
    const wentOn = abortWhen(() => statSync(join(out, 'metrics.jsonl')).size > length)
    const again = await runKd(['distill', join(out, 'config.yaml'), '--out', out, '--resume'], wentOn)
    expect([again.exitCode, again.err]).toEqual([0, expect.stringContaining('student goes on in epoch')])
  })

  it('refuses another config or other data, and names what differs', async () => {
    const out = join(folder, 'changed')
    await interrupted(out, inStep('student', 0, 2))
    const file = join(folder, 'changed.json')
    await writeFile(file, JSON.stringify(config))
    const refusal = async (...words: string[]): Promise<string> => {
      const run = await runKd(['distill', file, '--out', out, '--resume', ...words])
      expect(run.exitCode).toBe(2)
      return run.err
    }
    expect(await refusal('training.epochs=5', 'method.temperature=2')).toContain(
      'but method.temperature is 2 and was 4; training.epochs is 5 and was 3; the config is config.yaml',
    )
    expect(await refusal('--engine', 'wasm')).toContain('but engine is "wasm" and was "cpu"')
    const environment = await readFile(join(out, 'environment.json'), 'utf8')
    const { sha256 } = (JSON.parse(environment) as { data: { sha256: string } }).data
    const other = 'e'.repeat(64)
    await writeFile(join(out, 'environment.json'), environment.replaceAll(sha256, other))
    expect(await refusal()).toContain(`but the data's SHA-256 is ${sha256} and was ${other}`)
    expect(await refusal('--force')).toContain("option '--force' cannot be used with option '--resume'")
    expect((await runKd(['distill', file, '--resume'])).err).toContain('--resume must come with --out')
    expect(await refusal('--checkpoint-seconds', '-1')).toContain('must be a number from 0')
  })

  it('refuses a folder whose parts lead elsewhere', async () => {
    const out = join(folder, 'linked')
    await interrupted(out, inStep('student', 0, 2))
    const elsewhere = join(folder, 'elsewhere.jsonl')
    await writeFile(elsewhere, 'precious\n')
    await rm(join(out, 'metrics.jsonl'))
    await symlink(elsewhere, join(out, 'metrics.jsonl'))
    await expect(interrupted(out, never, { resume: true })).rejects.toThrow('got other files in it')
    expect(await readFile(elsewhere, 'utf8')).toBe('precious\n')
  })

  it('says what is no longer as it was', async () => {
    const out = join(folder, 'moved')
    await interrupted(out, inStep('student', 0, 2))
    const environment = await readFile(join(out, 'environment.json'), 'utf8')
    await writeFile(join(out, 'environment.json'), environment.replace(process.version, 'v18.0.0'))
    const said = await interrupted(out, never, { resume: true })
    expect(said).toContain(
      `node is "${process.version}" and was "v18.0.0": the rest may differ in its last bits`,
    )
  })
})
