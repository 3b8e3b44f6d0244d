import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { needsPosix } from '@kd/testing'
import { describe, expect, it } from 'vitest'
import { builtMain } from './testing/built-main.js'

const built = builtMain({
  'c.yaml': `dataset: { name: digits }
student: { model: { name: mlp, hiddenUnits: [8] } }
training: { epochs: 1 }
engine: cpu
`,
  'leaves.mjs': 'process.exit(0)',
  'waits.mjs': 'await new Promise(() => {})',
  'dataset-waits.mjs': 'export default { datasets: { never: () => new Promise(() => {}) } }',
  'stays.mjs': 'setInterval(() => {}, 1000); export default {}',
  'typed.ts': `const options: { units: number } = { units: 3 }
export default { models: { mine: () => options } }
`,
})
const config = (): string => join(built.folder, 'c.yaml')

/** Everything that a stream says until something holds of it. */
function spoken(stream: Readable, holds: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (holds(text)) resolve(text)
    })
    stream.on('end', () => {
      reject(new Error(text))
    })
  })
}

const kd = (...words: string[]) => promisify(execFile)(process.execPath, [built.main, ...words])

describe('kd as a process', () => {
  it('prints its version and explains itself', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      version: string
    }
    expect((await kd('--version')).stdout).toBe(`${version}\n`)
    const { stdout } = await kd('--help')
    expect(stdout).toContain('kd distill my-run/kd.yaml')
    expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 bad usage or config')
  })

  it('keeps standard output for the result, and plain lines without colour for the rest', async () => {
    const { stdout, stderr } = await kd('train', config(), '--out', join(built.folder, 'json'), '--json')
    expect(JSON.parse(stdout)).toMatchObject({ method: 'label-loss', ended: 'epochs' })
    expect(stderr).toMatch(/^run folder .*\nstudent epoch 1\/1: loss \d/)
    expect(stderr).not.toContain('\u001b')
  })

  it('watches a run of another process, and ends with 130 when asked to', async () => {
    const out = join(built.folder, 'watched')
    const train = ['train', config(), '--out', out, 'training.epochs=5000']
    const run = spawn(process.execPath, [built.main, ...train])
    const written = (text: string): boolean => text.includes('epoch 2/5000')
    await spoken(run.stderr, written)
    const watch = spawn(process.execPath, [built.main, 'watch', out, '--browser'])
    let err = ''
    watch.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const said = await spoken(watch.stdout, written)
    expect(said).toMatch(/^watched: running\n|^watched epoch 1\/5000: loss \d/)
    watch.kill('SIGINT')
    expect(await new Promise((resolve) => watch.on('exit', resolve))).toBe(130)
    expect(err).toMatch(/^live report: http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/ \(.*\)\n$/)
    expect(run.exitCode).toBeNull()
    run.kill('SIGKILL')
    await new Promise((resolve) => run.on('exit', resolve))
  })

  it('ends with 2 for a wrong config and 1 for a failure, in one line', async () => {
    const wrong = spawnSync(process.execPath, [built.main, 'train', config(), 'training.epoch=1'], {
      encoding: 'utf8',
    })
    expect([wrong.status, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toMatch(
      /^error override training\.epoch=1: unknown key training\.epoch, did you mean epochs\?.*\n$/,
    )
    const failed = spawnSync(process.execPath, [built.main, 'evaluate', built.folder], { encoding: 'utf8' })
    expect(failed.status).toBe(2)
    const none = spawnSync(
      process.execPath,
      [built.main, 'train', config(), 'student.weights=/none', '--out', join(built.folder, 'n')],
      {
        encoding: 'utf8',
      },
    )
    expect([none.status, none.stderr]).toEqual([1, 'error cannot read /none: no such file\n'])
  })

  it('takes a plugin in TypeScript where Node loads that, and says so where it does not', () => {
    const words = [
      'train',
      config(),
      `plugin=${join(built.folder, 'typed.ts')}`,
      'student.model={ name: other }',
    ]
    const found = spawnSync(process.execPath, [built.main, ...words], { encoding: 'utf8' })
    const loads = Boolean((process.features as { readonly typescript?: unknown }).typescript)
    expect(found.status).toBe(loads ? 2 : 1)
    expect(found.stderr).toMatch(
      loads
        ? /unknown student\.model\.name "other".*mine/
        : /typed\.ts must be loaded by a Node that knows TypeScript, got v\d+\S+; use Node 22\.18 or later, /,
    )
  })

  it.each([
    ['calls process.exit(0)', 'leaves.mjs', 'digits'],
    ['waits for ever', 'waits.mjs', 'digits'],
    ['has a data set that never comes', 'dataset-waits.mjs', 'never'],
  ])('fails where a plugin %s', (_, plugin, dataset) => {
    const words = [`plugin=${join(built.folder, plugin)}`, `dataset.name=${dataset}`, '--json']
    const out = join(built.folder, plugin.replace('.mjs', ''))
    const command = [built.main, 'train', config(), ...words, '--out', out]
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    expect(stderr).toMatch(
      /^error kd ended before its work was done: code of a plugin called process\.exit, /,
    )
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 1 })
  })

  it('ends after its work though a plugin keeps a timer', async () => {
    const out = join(built.folder, 'stays')
    await kd('train', config(), `plugin=${join(built.folder, 'stays.mjs')}`, '--out', out)
    expect(await readdir(out)).toContain('student')
  })

  it('runs nothing that the config of the git repository around it names', async () => {
    const repository = join(built.folder, 'repository')
    spawnSync('git', ['init', repository])
    const hook = join(built.folder, 'hook.sh')
    await writeFile(hook, `#!/bin/sh\ntouch '${join(built.folder, 'was-run')}'\n`, { mode: 0o755 })
    for (const key of ['core.fsmonitor', 'core.pager', 'filter.own.clean', 'diff.external'])
      spawnSync('git', ['config', key, hook], { cwd: repository })
    await writeFile(join(repository, 'file'), '')
    await writeFile(join(repository, '.gitattributes'), '* filter=own')
    const words = [built.main, 'train', config(), '--out', join(built.folder, 'in-repository')]
    expect(spawnSync(process.execPath, words, { cwd: repository }).status).toBe(0)
    expect(await readdir(built.folder)).not.toContain('was-run')
  })

  it.each([
    ['the first Ctrl-C', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 143],
    ['the end of its terminal', 'SIGHUP', 129],
  ] as const)('saves what was done at %s', needsPosix, async (_, signal, wanted) => {
    const out = join(built.folder, `interrupted by ${signal}`)
    const child = start('train', config(), 'training.epochs=10000', '--out', out, '--json')
    const { text, ended } = watch(child)
    await text((err) => err.includes('epoch 3/10000'))
    child.kill(signal)
    const { code, stdout, stderr } = await ended
    expect(stderr).toContain('\nending after this step and saving what was done')
    expect(code).toBe(wanted)
    const result = JSON.parse(stdout) as { last: { epoch: number }; saved: string }
    expect(result).toMatchObject({ ended: 'aborted', saved: 'best' })
    const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')
    expect(lines).toHaveLength(result.last.epoch + 1)
    expect(await readdir(join(out, 'student'))).toEqual([
      'input.json',
      'model.json',
      'student.safetensors',
      'weights.bin',
    ])
  })

  it('ends at Ctrl-C while the teacher is trained, without a student', needsPosix, async () => {
    const out = join(built.folder, 'teacher-only')
    const teachers = 'teachers=[{model: {name: mlp}, training: {epochs: 10000}}]'
    const child = start('distill', config(), teachers, 'method={name: vanilla-kd}', '--out', out, '--json')
    const { text, ended } = watch(child)
    await text((err) => err.includes('teacher epoch 1/10000'))
    child.kill('SIGINT')
    const { code, stdout } = await ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).not.toHaveProperty('saved')
    expect(await readdir(out)).not.toContain('student')
  })

  it('reports a limit on file size and leaves no half-written file', needsPosix, async () => {
    const out = join(built.folder, 'limited')
    // In blocks of 512 or 1,024 bytes: config and environment fit, the weights do not.
    const command = `ulimit -f 6; exec '${process.execPath}' '${built.main}' train '${config()}' 'student.model.hiddenUnits=[32]' --out '${out}'`
    const found = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
    expect(found.stderr).toMatch(
      /error cannot write \S+student.safetensors: the file is larger than allowed here/,
    )
    expect(found.status).toBe(1)
    expect(await readdir(join(out, 'student'))).toEqual(['input.json'])
  })

  it('ends quietly when its reader does', () => {
    const found = spawnSync('sh', ['-c', `'${process.execPath}' '${built.main}' list methods | head -n 1`], {
      encoding: 'utf8',
    })
    expect([found.stdout, found.stderr]).toEqual(['method\n', ''])
  })

  it('trains to its end though nobody reads what it says any more', async () => {
    const out = join(built.folder, 'unread')
    const child = start('train', config(), 'training.epochs=20', '--out', out)
    const { text } = watch(child)
    await text((err) => err.includes('epoch 1/20'))
    child.stdout!.destroy()
    child.stderr!.destroy()
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
    const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ kind: 'result', ended: 'epochs' })
  })

  it('saves what was done when its window is closed and gone', needsPosix, async () => {
    const out = join(built.folder, 'gone')
    const child = start('train', config(), 'training.epochs=10000', '--out', out)
    const { text } = watch(child)
    await text((err) => err.includes('epoch 3/10000'))
    child.stdout!.destroy()
    child.stderr!.destroy()
    child.kill('SIGHUP')
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(129)
    const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ kind: 'result', ended: 'aborted' })
  })

  it('passes on what a library says without what a terminal obeys', async () => {
    const plugin = join(built.folder, 'speaks.mjs')
    await writeFile(plugin, `console.log('a\\u001b[2Jb'); export default {}`)
    const out = join(built.folder, 'spoken')
    const { stdout, stderr } = await kd('train', config(), `plugin=${plugin}`, '--out', out, '--json')
    expect(stderr).toMatch(/^ab\n/)
    expect(JSON.parse(stdout)).toMatchObject({ ended: 'epochs' })
  })
})

function start(...words: string[]): ChildProcess {
  return spawn(process.execPath, [built.main, ...words])
}

/** Collects what a process writes; `text` waits until its standard error holds something. */
function watch(child: ChildProcess): {
  text: (holds: (err: string) => boolean) => Promise<void>
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
} {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return {
    text: async (holds) => {
      while (!holds(stderr)) {
        if (child.exitCode !== null) throw new Error(`ended early: ${stderr}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))),
  }
}
