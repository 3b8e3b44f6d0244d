import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { buildMain } from './build-main.js'

/** Where the tests of a file find the command and their files; set before the first of them. */
export interface BuiltMain {
  /** The file to be run by Node. */
  readonly main: string
  /** The folder that only these tests use. */
  readonly folder: string
}

/**
 * Builds the command for the tests of a file, makes a folder for them, and removes both after the last.
 *
 * @param files - by name, written into the folder
 * @returns filled in before the first test
 */
export function builtMain(files: Readonly<Record<string, string>> = {}): BuiltMain {
  const built = { main: '', folder: '' }
  let remove: () => Promise<void>
  beforeAll(async () => {
    ;({ main: built.main, remove } = await buildMain())
    built.folder = await mkdtemp(join(tmpdir(), 'kd-process-'))
    for (const [name, text] of Object.entries(files)) await writeFile(join(built.folder, name), text)
  }, 120_000)
  afterAll(async () => {
    await remove()
    await rm(built.folder, { recursive: true, force: true })
  })
  return built
}
