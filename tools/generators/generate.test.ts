import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FsTree } from 'nx/src/generators/tree'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyWorkspace } from '../workspace-copy/copy-workspace.js'
import generateMethod from './method.cjs'

describe('nx g @kd/generators:method', () => {
  const copy = copyWorkspace()
  const index = join(copy, 'packages/losses/src/index.ts')
  const neighbours = `export { alpha } from './alpha/alpha.js'
export { zeta, type ZetaOptions } from './zeta/zeta.js'
`
  let generated: { status: number | null; output: string }

  function run(program: string, ...options: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(copy, 'node_modules', program), ...options],
      { cwd: copy, encoding: 'utf8', env: nxEnvironment() },
    )
    return { status, output: stdout + stderr }
  }
  beforeAll(() => {
    generated = run('nx/dist/bin/nx.js', 'g', '@kd/generators:method', 'sample-method')
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it('writes source, test, page, golden values and their script, and a changeset', () => {
    expect(generated.output).not.toMatch(/error/i)
    expect(generated.status).toBe(0)
    for (const file of [
      'packages/losses/src/sample-method/sample-method.ts',
      'packages/losses/src/sample-method/sample-method.test.ts',
      'packages/losses/src/sample-method/sample-method.golden.json',
      'packages/losses/src/sample-method/README.md',
      'tools/goldens/sample_method.py',
      '.changeset/add-sample-method.md',
    ]) {
      const text = readFileSync(join(copy, file), 'utf8')
      expect(text, file).toMatch(/sample[-_ ]?method/i)
      expect(text, file).not.toMatch(/__[A-Z]+__/)
    }
    expect(readFileSync(index, 'utf8')).toContain(
      "export { sampleMethod, type SampleMethodOptions } from './sample-method/sample-method.js'\n",
    )
  })

  it('writes a method that compiles, is formatted, and passes its tests', () => {
    const only = { extends: './tsconfig.json', include: ['src/sample-method'] }
    writeFileSync(join(copy, 'packages/losses/tsconfig.sample.json'), JSON.stringify(only))
    expect(run('typescript/lib/tsc.js', '-p', 'packages/losses/tsconfig.sample.json').output).toBe('')
    const files = ['packages/losses/src/sample-method', '.changeset/add-sample-method.md']
    expect(run('prettier/bin/prettier.cjs', '--check', ...files).output).toContain(
      'All matched files use Prettier',
    )
    const tests = run('vitest/vitest.mjs', 'run', 'packages/losses/src/sample-method')
    expect(tests.output).toMatch(/Tests .*\d+ passed/)
    expect(tests.status).toBe(0)
  })

  it('puts the export in its place in the alphabet', async () => {
    const tree = new FsTree(copy, false)
    tree.write('packages/losses/src/index.ts', neighbours)
    await generateMethod(tree, { name: 'middle' })
    expect(tree.read('packages/losses/src/index.ts', 'utf8')).toBe(
      neighbours.replace(
        'export { zeta',
        "export { middle, type MiddleOptions } from './middle/middle.js'\nexport { zeta",
      ),
    )
  })

  it.each([
    [{ name: 'SampleMethod' }, 'method: name must be in kebab-case, such as relational-kd, got SampleMethod'],
    [{ name: 'vanilla-kd' }, 'method: name must be new, got vanilla-kd'],
    [{ name: 'other', package: 'nowhere' }, 'method: package must be a folder of packages/, got nowhere'],
  ])('refuses %j and writes nothing', async (options, message) => {
    const tree = new FsTree(copy, false)
    await expect(generateMethod(tree, options)).rejects.toThrow(message)
    expect(tree.listChanges()).toEqual([])
  })
})

/** Nx must neither ask nor start a process that outlives the test. */
function nxEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CI: 'true',
    NX_NO_CLOUD: 'true',
    NX_DAEMON: 'false',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
  }
}
