import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { workspaceRoot } from '../workspace-copy/copy-workspace.js'

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly [key: string]: unknown
}

const read = (file: string): string => readFileSync(join(workspaceRoot, file), 'utf8')
const manifestIn = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json'))) as Manifest
const foldersIn = (parent: string): string[] =>
  readdirSync(join(workspaceRoot, parent))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(workspaceRoot, folder, 'package.json')))
const prebuilt = foldersIn('packages/native/prebuilt')
const published = foldersIn('packages').filter((folder) => manifestIn(folder).private !== true)
const { homepage: address } = manifestIn('.') as unknown as { readonly homepage: string }

describe('what npm shows of a package', () => {
  it('is there for every package that is published', () => {
    expect(published).toContain('packages/cli')
    expect(published.length).toBeGreaterThan(9)
  })

  it.each([...published, ...prebuilt])(
    '%s says where it comes from, and where to report what is wrong',
    (folder) => {
      const { repository, homepage, bugs, license } = manifestIn(folder)
      expect(repository).toEqual({ type: 'git', url: `git+${address}.git`, directory: folder })
      expect(homepage).toBe(`${address}/tree/main/${folder}#readme`)
      expect(bugs).toBe(`${address}/issues`)
      expect(license).toContain('MIT')
    },
  )

  it.each(published)('%s has the licence in its folder, from where npm packs it', (folder) => {
    expect(read(join(folder, 'LICENSE'))).toBe(read('LICENSE'))
  })
})
