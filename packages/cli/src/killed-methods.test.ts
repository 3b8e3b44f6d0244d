import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { builtMain } from './testing/built-main.js'
import { killRun } from './testing/kill-run.js'
import { runOutcome } from './testing/run-outcome.js'

const base = `
dataset: { name: digits, take: { train: 120, test: 40 }, validation: 0.2 }
student: { model: { name: mlp, hiddenUnits: [12] } }
engine: cpu`

const teacher = (hiddenUnits: string): string =>
  `{ model: { name: mlp, hiddenUnits: ${hiddenUnits} }, training: { epochs: 1, optimizer: { name: adam }, learningRate: 0.01 } }`

/** Methods that train more than a student: what is killed has to come back, too. */
const configs: Readonly<Record<string, string>> = {
  'fitnet-hint, whose regressor learns, on a selection, from the second of two teachers': `${base}
teachers: [${teacher('[16]')}, ${teacher('[24, 20]')}]
method: { name: fitnet-hint, teacher: 1, selection: { score: influence, model: student, every: 1, fraction: 0.6 } }
training: { epochs: 3, batchSize: 24, optimizer: { name: adam }, learningRate: 0.01 }`,
  'proximal-teacher, whose teacher learns': `${base}
teachers: [${teacher('[16]')}]
method: { name: proximal-teacher, dual: true, multiplierLearningRate: 0.1 }
training: { epochs: 3, batchSize: 24, optimizer: { name: sgd }, learningRate: 0.05 }`,
}

const built = builtMain()

const kd = (...words: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [built.main, ...words])

describe('kd distill killed with SIGKILL in the middle of the training of the student', () => {
  it.each(Object.entries(configs))('ends with the same bytes after --resume: %s', async (name, text) => {
    const id = name.split(',')[0]!
    const config = join(built.folder, `${id}.yaml`)
    const [whole, killed] = [join(built.folder, `${id}-whole`), join(built.folder, `${id}-killed`)]
    await writeFile(config, text)
    const words = (out: string): string[] => ['distill', config, '--out', out, '--checkpoint-seconds', '0']
    const { writes } = await killRun([built.main, ...words(whole)], whole)
    // Teachers take a share of the checkpoints at the beginning.
    const moment = { write: Math.round(0.7 * writes), delay: 0 }
    expect(await killRun([built.main, ...words(killed)], killed, moment)).toMatchObject({
      killed: true,
      stage: 'student',
    })
    const { stdout } = await kd(...words(killed), '--resume')
    expect(stdout).toContain(`${id}, seed 0`)
    expect(await runOutcome(killed)).toEqual(await runOutcome(whole))
  })

  it("shows the parts of the teacher's phase in the report of the run", async () => {
    const run = join(built.folder, 'proximal-teacher-killed')
    const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
    const last = lines.map((line) => JSON.parse(line) as { kind: string; train?: object }).at(-2)
    expect(last).toMatchObject({
      kind: 'epoch',
      train: {
        parts: {
          'teacher/label': expect.any(Number) as number,
          'teacher/pull': expect.any(Number) as number,
          teacher: expect.any(Number) as number,
        },
      },
    })
    await kd('report', run)
    const page = await readFile(join(run, 'report.html'), 'utf8')
    expect(['teacher/label', 'teacher/pull'].filter((part) => !page.includes(part))).toEqual([])
    expect(page.includes('parts of the training loss of proximal-teacher')).toBe(true)
  })
})
