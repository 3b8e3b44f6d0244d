import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The first line of a test file that needs a process of its own, with the reason. */
const pragma = /^\/\/ @isolated: \S/

/**
 * Finds the test files that say on their first line, as `// @isolated: reason`, that they need a process of their own.
 *
 * @param root - folder of the repository
 * @returns their paths from there, with slashes
 */
export function isolatedTests(root: string): string[] {
  return ['packages', 'tools', 'examples']
    .flatMap((folder) => testsBelow(root, folder))
    .filter((file) => pragma.test(readFileSync(join(root, file), 'utf8')))
}

function testsBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory())
      return ['node_modules', 'dist'].includes(entry.name) ? [] : testsBelow(root, path)
    return entry.name.endsWith('.test.ts') ? [path] : []
  })
}
