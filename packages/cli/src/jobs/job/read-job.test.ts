import fc from 'fast-check'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KdError } from '@kd/core'
import { readJob } from './read-job.js'

let folder: string
let workspace: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-job-'))
  workspace = join(folder, 'workspace')
  await mkdir(workspace)
  await symlink(folder, join(workspace, 'out'))
  await writeFile(
    join(folder, 'plugin.mjs'),
    `globalThis.kdTestPluginRan = true; export default { methods: {} }`,
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const config = {
  dataset: { name: 'digits' },
  student: { model: { name: 'mlp' } },
  method: { name: 'vanilla-kd' },
  training: { epochs: 1 },
}
const job = {
  ...{ kind: 'distill', id: 'a'.repeat(64), name: 'KD, seed 0', needs: [], threads: 1 },
  ...{ folder: 'runs/a', teachers: 'teachers' },
  config,
}
const read = (value: unknown, trusted = false) => readJob(value, { workspace, trusted })

describe('readJob', () => {
  it('takes a job in the workspace, with paths made absolute', async () => {
    const student = { ...config.student, weights: 'start.safetensors' }
    const { read: found } = await read({ ...job, config: { ...config, student } })
    expect(found.config).toMatchObject({
      student: { weights: join(workspace, 'start.safetensors') },
      seed: 0,
    })
  })

  it.each([
    ['a path up', { student: { ...config.student, weights: '../w' } }],
    ['an absolute path', { student: { ...config.student, weights: '/etc/passwd' } }],
    ['a link that leads out', { student: { ...config.student, weights: 'out/w' } }],
    ['a teacher outside', { teachers: [{ run: '../../run' }] }],
    ['data outside', { dataset: { name: 'csv', path: '/etc/passwd', label: 'x' } }],
    ['labels outside', { dataset: { name: 'digits', labelNoise: { kind: 'file', path: '../labels' } } }],
  ])('refuses %s, unless it comes from the one who runs it', async (_, change) => {
    const value = { ...job, config: { ...config, ...change } }
    await expect(read(value)).rejects.toThrow('job: paths must lie in the workspace')
    await expect(read(value, true)).resolves.toBeDefined()
  })

  it('refuses a plugin and does not run it', async () => {
    const value = { ...job, config: { ...config, plugin: '../plugin.mjs' } }
    await expect(read(value)).rejects.toThrow('job: config must have no plugin')
    expect(globalThis).not.toHaveProperty('kdTestPluginRan')
  })

  it.each([
    ['nothing', undefined],
    ['text', 'rm -rf /'],
    ['another kind', { ...job, kind: 'shell' }],
    ['a further key', { ...job, command: 'ls' }],
    ['an id that is no hash', { ...job, id: '../../x' }],
    ['a folder outside', { ...job, folder: '../x' }],
    ['a folder hidden in a name', { ...job, folder: 'runs/../../x' }],
    ['an absolute folder', { ...job, folder: '/tmp/x' }],
    ['a drive', { ...job, folder: 'C:\\x' }],
    ['a folder with a null byte', { ...job, folder: 'runs/a\0' }],
    ['teachers outside', { ...job, teachers: 'a/../../b' }],
    ['an unknown key in the config', { ...job, config: { ...config, exec: 'ls' } }],
    ['no method', { ...job, config: { ...config, method: undefined } }],
    ['a list as config', { ...job, config: [] }],
    ['too many threads', { ...job, threads: 1e9 }],
  ])('refuses %s', async (_, value) => {
    await expect(read(value)).rejects.toSatisfy(KdError.isInstance)
    await expect(read(value, true)).rejects.toSatisfy(KdError.isInstance)
  })

  it('refuses every folder that leads out of the workspace', async () => {
    const name = fc.constantFrom('..', '.', 'a', '', 'out', '/', '\\', '~', 'b c')
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 5 }), async (names) => {
        const path = names.join('/')
        const found = await read({ ...job, folder: path }).then(
          () => join(workspace, path),
          () => undefined,
        )
        if (found !== undefined) expect(found.startsWith(join(workspace, ''))).toBe(true)
        if (names[0] === 'out') expect(found).toBeUndefined()
      }),
    )
  })
})
