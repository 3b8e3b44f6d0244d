import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** How many inputs each target gets: few where every change is tested, 10,000 by `npm run test:fuzz`. */
const cases = Number(process.env['KD_FUZZ'] ?? 200)
const seed = process.env['KD_FUZZ_SEED'] ?? '1'
/** From which case, to see one again. */
const from = process.env['KD_FUZZ_FROM'] ?? '0'
/** Milliseconds without a new case until a process counts as hanging; long, for machines have other things to do. */
const HANG = 60_000

const names = [
  'config files',
  'config objects',
  'overrides',
  'comparisons',
  'queue messages',
  'checkpoints',
  'safetensors',
  'event files',
  'run folders',
  'comparison files',
  'folders to write into',
  'manifests of kept answers',
  'shards of kept answers',
  'IDX files',
  'CIFAR files',
  'CSV files',
  'Parquet files',
  'saved models',
  'weights of models',
  'files of Keras',
  'folders of TensorFlow.js',
  'graph models',
  'logits of others',
  'logits in Parquet',
  'indexes of jobs',
  'replies of a queue',
  'collected comparisons',
  'states of trainings',
  'files of labels',
  'images',
  'values of tables',
  'gzip files',
]

/** Of these a tenth does: most of their cases start a thread. */
const slow = ['files of Keras']
const casesOf = (name: string): number => (slow.includes(name) ? Math.ceil(cases / 10) : cases)

const packageRoot = join(import.meta.dirname, '../../packages/cli')
// Inside a package, so that its dependencies are found from there.
const bundle = join(packageRoot, `node_modules/.kd-fuzz-${process.pid}`)
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-fuzz-'))
  await build({
    entryPoints: [join(import.meta.dirname, 'fuzz-child.ts')],
    outdir: bundle,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@kd/source'],
    logLevel: 'error',
    plugins: [
      {
        name: 'only ours',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^[@a-z]/ }, ({ path }) =>
            path.startsWith('@kd/') ? undefined : { path, external: true },
          )
        },
      },
    ],
  })
}, 120_000)
afterAll(async () => {
  await rm(bundle, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
})

/** Everything in a folder, to the byte; what links lead to is not followed. */
function digest(path: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(path, { recursive: true }).map(String).sort()) {
    const found = lstatSync(join(path, name))
    hash.update(`${name} ${found.mode} ${found.mtimeMs}\n`)
    if (found.isFile()) hash.update(readFileSync(join(path, name)))
  }
  return hash.digest('hex')
}

/** A workspace to work in, and beside it what nobody may touch. */
function makePlaces(name: string): { readonly workspace: string; readonly outside: () => string } {
  const root = join(folder, name.replaceAll(' ', '-'))
  const [workspace, outside] = [join(root, 'workspace'), join(root, 'outside')]
  for (const path of ['data', 'runs/teacher/student']) mkdirSync(join(workspace, path), { recursive: true })
  mkdirSync(join(outside, 'runs'), { recursive: true })
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  symlinkSync('../outside', join(workspace, 'outside-link'))
  writeFileSync(join(workspace, 'data', 'points.csv'), 'x,y,side\n1,2,left\n3,4,right\n')
  writeFileSync(join(workspace, 'evil.mjs'), readFileSync(join(import.meta.dirname, 'evil.mjs')))
  return { workspace, outside: () => `${readdirSync(root).sort().join()} ${digest(outside)}` }
}

interface Found {
  readonly valid: number
  readonly refused: number
  readonly failures: readonly string[]
}

/** Runs the cases in a process of their own, and ends it when it hangs. */
async function fuzz(name: string, cwd: string): Promise<Found> {
  const words = [
    '--max-old-space-size=600',
    join(bundle, 'fuzz-child.mjs'),
    name,
    from,
    String(casesOf(name)),
    seed,
  ]
  const child = spawn(process.execPath, words, { cwd, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  let [last, out, err] = ['no case', '', '']
  let hangs = false
  const hang = (): void => {
    hangs = true
    child.kill('SIGKILL')
  }
  let timer = setTimeout(hang, HANG)
  child.stdio[3]!.on('data', (chunk: Buffer) => {
    last = chunk.toString().trimEnd().split('\n').at(-1)!
    clearTimeout(timer)
    timer = setTimeout(hang, HANG)
  })
  child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => (err = (err + chunk.toString()).slice(-5000)))
  const code = await new Promise((resolve) => child.once('close', (exit, signal) => resolve(exit ?? signal)))
  clearTimeout(timer)
  if (hangs) throw new Error(`case ${last} hangs`)
  if (code !== 0) throw new Error(`case ${last} ended the process (${String(code)}):\n${err}`)
  return JSON.parse(out) as Found
}

describe('what comes from anywhere is refused by an error of ours, or is right', () => {
  it.each(names)(
    '%s',
    async (name) => {
      const { workspace, outside } = makePlaces(name)
      const before = outside()
      const { valid, refused, failures } = await fuzz(name, workspace)
      expect(failures).toEqual([])
      expect(valid + refused).toBe(casesOf(name))
      // Both must come up, or the changes are too small or too large to show anything.
      if (cases >= 200) expect([valid > 0, refused > 0]).toEqual([true, true])
      expect(outside()).toBe(before)
      expect(readdirSync(workspace)).not.toContain('executed')
      if (process.env['KD_FUZZ'] !== undefined)
        console.log(`${name}: ${casesOf(name)} inputs, ${refused} refused, ${valid} valid`)
    },
    120_000 + 100 * cases,
  )
})
