import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runComparison } from '../../jobs/compare/run-comparison.js'
import { inProcessRunner } from '../../jobs/runner/in-process-runner.js'
import { runKd } from '../../testing/run-kd.js'

/** Clears the screen, sets the title, moves up and writes a line of its own. */
const attack = '\u001b[2J\u001b]0;owned\u0007\u009b1A\u202e\nerror all is well'
/** What a terminal would obey: all control characters but tab and line end. */
// eslint-disable-next-line no-control-regex -- see above
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/

let folder: string
let comparison: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-hostile-'))
  comparison = join(folder, 'comparison')
  await runComparison(
    {
      base: {
        dataset: { name: 'digits', take: { train: 40, validation: 20, test: 20 } },
        student: { model: { name: 'mlp', hiddenUnits: [4] } },
        training: { epochs: 1, batchSize: 20 },
        engine: 'cpu',
      },
      methods: [{ name: 'label-smoothing' }],
      seeds: 2,
    },
    { out: comparison, runner: inProcessRunner() },
  )
  const path = join(comparison, 'comparison.json')
  const content = JSON.parse(await readFile(path, 'utf8')) as { runs: Record<string, unknown>[] }
  await rm(join(comparison, String(content.runs[0]!['folder'])), { recursive: true })
  Object.assign(content.runs[0]!, { state: 'failed', message: attack, labels: { method: attack } })
  await writeFile(path, JSON.stringify({ ...content, name: attack }))
  await mkdir(join(folder, 'runs'))
  await cp(join(comparison, String(content.runs[1]!['folder'])), join(folder, 'runs', `run${attack}`), {
    recursive: true,
  })
  await writeFile(join(folder, 'keys.yaml'), JSON.stringify({ [`a${attack}`]: 1, dataset: { name: attack } }))
  await mkdir(join(folder, `none${attack}`))
})
afterAll(() => rm(folder, { recursive: true }))

it.each<[string, () => readonly string[]]>([
  ['watch a comparison', () => ['watch', comparison]],
  ['collect a comparison', () => ['collect', comparison]],
  ['watch a folder of runs', () => ['watch', join(folder, 'runs')]],
  ['watch a run', () => ['watch', join(folder, 'runs', `run${attack}`)]],
  ['report on a run', () => ['report', join(folder, 'runs', `run${attack}`)]],
  ['evaluate a run', () => ['evaluate', join(folder, 'runs', `run${attack}`), '--engine', 'cpu']],
  ['report on a folder that is none', () => ['report', join(folder, `none${attack}`)]],
  ['distil with unknown keys', () => ['distill', join(folder, 'keys.yaml')]],
  ['distil a file that is not there', () => ['distill', join(folder, attack)]],
  ['override an unknown key', () => ['distill', join(folder, 'keys.yaml'), `${attack}=1`]],
  ['call an unknown command', () => [attack]],
  ['give an unknown flag', () => ['watch', `--${attack}`]],
])('lets nothing of an attacker reach the terminal: %s', async (_, words) => {
  for (const flags of [[], ['--json']]) {
    const { out, err } = await runKd([...words(), ...flags])
    expect(out + err).not.toBe('')
    expect(out).not.toMatch(obeyed)
    expect(err).not.toMatch(obeyed)
    // A line that looks like one of ours.
    expect((out + err).split('\n')).not.toContain('error all is well')
  }
})
