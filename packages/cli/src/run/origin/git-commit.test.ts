import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gitCommit } from './git-commit.js'

let folder: string
let repository: string
const git = (...words: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-git-'))
  repository = join(folder, 'repository')
  await mkdir(repository)
  git('init', '--initial-branch', 'main')
})
afterEach(() => rm(folder, { recursive: true }))

describe('gitCommit', () => {
  it('reads a branch, a packed branch, a detached head and a worktree, from folders below too', async () => {
    expect(gitCommit(repository)).toBeUndefined()
    git('commit', '--allow-empty', '-m', 'one')
    const first = git('rev-parse', 'HEAD')
    expect(gitCommit(repository)).toBe(first)
    await mkdir(join(repository, 'below'))
    expect(gitCommit(join(repository, 'below'))).toBe(first)
    git('pack-refs', '--all')
    expect(existsSync(join(repository, '.git/refs/heads/main'))).toBe(false)
    expect(gitCommit(repository)).toBe(first)
    git('worktree', 'add', '-b', 'other', join(folder, 'worktree'))
    git('commit', '--allow-empty', '-m', 'two')
    expect(gitCommit(repository)).toBe(git('rev-parse', 'HEAD'))
    expect(gitCommit(join(folder, 'worktree'))).toBe(first)
    git('checkout', '--detach', first)
    expect(gitCommit(repository)).toBe(first)
  })

  it('gives nothing for files that say something else, and never what they say', async () => {
    await writeFile(join(folder, 'secret'), 'a secret')
    for (const head of ['ref: refs/../../../secret', 'ref: ../secret', 'a secret', '']) {
      await writeFile(join(repository, '.git/HEAD'), head)
      expect(gitCommit(repository)).toBeUndefined()
    }
    await rm(join(repository, '.git'), { recursive: true })
    execFileSync('mkfifo', [join(repository, '.git')])
    expect(gitCommit(repository)).toBeUndefined()
  })
})
