/**
 * Puts another address of the repository in place of the one that package.json names, wherever it stands in a tracked file:
 * `node tools/packages/set-repository.mjs https://github.com/OWNER/NAME`
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [wanted = ''] = process.argv.slice(2)
if (!/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+$/.test(wanted) || wanted.endsWith('.git')) {
  console.error(`set-repository: the address must be https://github.com/OWNER/NAME, got ${wanted || 'none'}`)
  process.exit(2)
}
const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const files = execFileSync('git', ['grep', '-lF', homepage], { cwd: root, encoding: 'utf8' })
for (const file of files.trim().split('\n')) {
  const path = join(root, file)
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(homepage, wanted))
  console.log(file)
}
