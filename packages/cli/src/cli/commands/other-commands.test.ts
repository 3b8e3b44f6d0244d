import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { commandName } from '../terminal/terminal.js'
import { runKd } from '../../testing/run-kd.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-commands-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('kd init', () => {
  it('writes a config that works at once, and overwrites nothing', async () => {
    const made = await runKd(['init', join(folder, 'new')])
    const config = join(folder, 'new/kd.yaml')
    expect([made.exitCode, made.out]).toEqual([
      0,
      `wrote ${config}\nnext: ${commandName(process.env)} distill ${config}\n`,
    ])

    const run = await runKd([
      'distill',
      config,
      'training.epochs=1',
      'teachers.0.training.epochs=1',
      '--engine',
      'cpu',
      '--out',
      join(folder, 'run'),
    ])
    expect(run.err).toContain('student epoch 1/1')
    expect(run.exitCode).toBe(0)
    expect(run.out).toMatch(/teacher \(mlp\) +\d+\.\d\d % +\d+\.\d\d %/)
    expect(run.out).toContain(`run folder ${join(folder, 'run')} (student: best on validation)`)

    await writeFile(config, 'mine')
    const again = await runKd(['init', join(folder, 'new')])
    expect([again.exitCode, again.err]).toEqual([
      2,
      `error ${config} exists already; kd init overwrites nothing: name another folder\n`,
    ])
    expect(await readFile(config, 'utf8')).toBe('mine')
  })
})

describe('kd list', () => {
  it.each([
    ['methods', 'weighted-soft-labels'],
    ['models', 'cifar-resnet'],
    ['datasets', 'fashion-mnist'],
    ['engines', 'wasm'],
  ])('%s', async (what, name) => {
    const run = await runKd(['list', what, '--json'])
    const { [what]: listed } = run.json() as Record<string, { name: string; summary: string }[]>
    expect(listed!.map((entry) => entry.name)).toContain(name)
    expect(listed!.every(({ summary }) => summary.length > 0)).toBe(true)
    expect((await runKd(['list', what])).out).toContain(`\n${name} `)
  })
})

describe('a plugin', () => {
  it('is listed and distils', async () => {
    const plugin = join(import.meta.dirname, '../../testing/half-labels.mjs')
    const listed = await runKd(['list', 'methods', '--plugin', plugin])
    expect(listed.out).toContain('half-labels')

    const config = join(folder, 'plugin.yaml')
    await writeFile(
      config,
      `plugin: ${plugin}
dataset: { name: digits, take: { train: 64 } }
student: { model: { name: mlp, hiddenUnits: [4] } }
method: { name: half-labels, scale: 0 }
training: { epochs: 1 }
engine: cpu
`,
    )
    const out = join(folder, 'with-plugin')
    const run = await runKd(['distill', config, '--out', out, '--json'])
    expect(run.err).toContain('student epoch 1/1: loss 0.0000')
    expect(parse(await readFile(join(out, 'config.yaml'), 'utf8'))).toMatchObject({
      plugin,
      method: { name: 'half-labels', scale: 0 },
    })
  })
})

describe('kd doctor', () => {
  it('says of every engine and data set whether it is there, or why not', async () => {
    const run = await runKd(['doctor', '--json'])
    expect(run.exitCode).toBe(0)
    const found = run.json() as {
      engines: { name: string; loads: boolean; reason?: string; hint?: string }[]
      datasets: object[]
    }
    expect(found).toMatchObject({ node: process.version, packages: { '@tensorflow/tfjs-core': '4.22.0' } })
    expect(found.engines.map(({ name }) => name)).toEqual([
      'node-gpu',
      'native',
      'node',
      'wasm',
      'cpu',
      'webgpu',
    ])
    for (const { loads, reason } of found.engines) expect(loads).toBe(reason === undefined)
    expect(found.datasets).toContainEqual({
      name: 'digits',
      found: true,
      detail: '1437 training, 360 test examples',
    })
    const { out } = await runKd(['doctor'])
    expect(out).toMatch(/cpu +yes +4\.22\.0/)
    for (const { name, loads, reason, hint } of found.engines) {
      if (!loads)
        expect(out).toMatch(new RegExp(`${name} +no +${literal(reason!)}\n +to mend it: ${literal(hint!)}\n`))
    }
  })
})

/** A pattern for this very text. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
