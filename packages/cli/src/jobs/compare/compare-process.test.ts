import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ComparedRun } from '@kd/report'
import { needsPosix } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { inProcessRunner } from '../runner/in-process-runner.js'
import { builtMain } from '../../testing/built-main.js'
import { runComparison } from './run-comparison.js'

const built = builtMain({
  'compare.yaml': `base:
  dataset: { name: digits, take: { train: 150, validation: 40, test: 60 } }
  teachers: [{ model: { name: mlp, hiddenUnits: [16] }, training: { epochs: 2 } }]
  student: { model: { name: mlp, hiddenUnits: [8] } }
  training: { epochs: 3, batchSize: 32 }
  plugin: ./plugin.mjs
methods: { KD: { name: vanilla-kd }, LR: { name: label-revision } }
seeds: 2
baseline: KD
`,
  'plugin.mjs': `import { writeFileSync } from 'node:fs'
const method = (name, loss) => () => ({
  name,
  needs: {},
  start: () => ({ phases: [{ learner: 'student', loss }] }),
})
export default {
  methods: {
    crash: method('crash', () => {
      console.error('the last words')
      process.kill(process.pid, 'SIGKILL')
    }),
    hang: method('hang', () => {
      writeFileSync(new URL('hanging', import.meta.url), String(process.pid))
      for (;;);
    }),
  },
}
`,
})
const config = (): string => join(built.folder, 'compare.yaml')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function kd(
  words: readonly string[],
  onError: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
) {
  const child = spawn(process.execPath, [
    built.main,
    'compare',
    config(),
    '--engine',
    'cpu',
    '--json',
    ...words,
  ])
  const found = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (found.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    found.stderr += chunk.toString()
    onError(found.stderr, (signal) => child.kill(signal))
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...found })))
  return { ended, kill: (signal: NodeJS.Signals) => child.kill(signal) }
}

/** A process that was killed stays a zombie where nobody waits for orphans. */
async function isRunning(pid: number): Promise<boolean> {
  const found = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => undefined)
  return found !== undefined && !found.stdout.startsWith('Z')
}

const runsOf = ({ stdout }: Ended): ComparedRun[] =>
  (JSON.parse(stdout.trim().split('\n').at(-1)!) as { comparison: { runs: ComparedRun[] } }).comparison.runs
const weights = (out: string, run: ComparedRun): Promise<Buffer> =>
  readFile(join(built.folder, out, run.folder, 'student/weights.bin'))

describe('kd compare', () => {
  it('finds the same bits in processes of its own, two at a time, as in one process', async () => {
    const ended = await kd(['--out', join(built.folder, 'local'), '--jobs', '2']).ended
    expect(ended.stderr).toContain('4 runs, 0 of them done already; 6 jobs to do')
    expect(ended.code).toBe(0)
    const out = join(built.folder, 'in-process')
    const { comparison } = await runComparison(config(), { out, engine: 'cpu', runner: inProcessRunner() })
    const withoutSeconds = (runs: readonly ComparedRun[]) => runs.map(({ seconds: _, ...run }) => run)
    expect(withoutSeconds(runsOf(ended))).toEqual(withoutSeconds(comparison.runs))
    for (const run of comparison.runs)
      expect(await weights('local', run)).toEqual(await weights('in-process', run))
  })

  it('reports a process that dies with its last words, goes on, and ends with 1', async () => {
    const ended = await kd(['--out', join(built.folder, 'crash'), 'methods.crash={ name: crash }', 'seeds=1'])
      .ended
    expect(ended.code).toBe(1)
    const runs = runsOf(ended)
    expect(runs.map(({ state }) => state)).toEqual(['done', 'done', 'failed'])
    expect(runs[2]!.message).toBe('its process ended (SIGKILL): the last words')
    expect(ended.stderr).toContain('FAILED, its process ended (SIGKILL): the last words')
  })

  it('ends at Ctrl-C and goes on the next time, to the same bits', needsPosix, async () => {
    const words = ['--out', join(built.folder, 'ended')]
    let killed = false
    const ended = await kd(words, (stderr, kill) => {
      if (killed || !stderr.includes('KD, seed 0: test')) return
      killed = true
      kill('SIGINT')
    }).ended
    expect(ended.code).toBe(130)
    expect(runsOf(ended).some(({ state }) => state === 'stopped')).toBe(true)
    const again = await kd(words).ended
    expect(again.code).toBe(0)
    expect(again.stderr).toMatch(/4 runs, [1-3] of them done already/)
    for (const run of runsOf(again)) expect(await weights('ended', run)).toEqual(await weights('local', run))
  })

  it('ends at once at the second Ctrl-C, with the processes that it started', needsPosix, async () => {
    const words = ['methods={ hang: { name: hang } }', 'base.teachers=[]', 'baseline=hang', 'seeds=1']
    const hanging = join(built.folder, 'hanging')
    let kills = 0
    const ending = kd(['--out', join(built.folder, 'hang'), ...words], (stderr, kill) => {
      if (!stderr.includes('once more ends at once') || kills++ > 0) return
      kill('SIGINT')
    })
    while (!existsSync(hanging)) await setTimeout(20)
    ending.kill('SIGINT')
    expect((await ending.ended).code).toBe(130)
    const pid = Number(await readFile(hanging, 'utf8'))
    await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false)
  })

  it('finds mistakes before anything starts', async () => {
    const ended = await kd(['--out', join(built.folder, 'wrong'), 'methods.DKD={ name: decopled-kd }']).ended
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('did you mean decoupled-kd?')
    await expect(readFile(join(built.folder, 'wrong'))).rejects.toThrow('ENOENT')
  })
})
