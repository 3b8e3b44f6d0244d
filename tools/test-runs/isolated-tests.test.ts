import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isolatedTests } from './isolated-tests.js'

it('finds the files that give a reason on their first line', () => {
  const root = mkdtempSync(join(tmpdir(), 'kd-isolated-'))
  try {
    const files = {
      'packages/core/src/a.test.ts': '// @isolated: replaces a kernel\n',
      'packages/core/src/b.test.ts': '\n// @isolated: not on the first line\n',
      'packages/core/src/c.test.ts': '// @isolated:\n',
      'packages/core/src/d.ts': '// @isolated: no test\n',
      'packages/core/node_modules/e.test.ts': '// @isolated: not ours\n',
      'tools/f.test.ts': '// @isolated: sets a variable\n',
      'examples/g.test.ts': 'it()\n',
    }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(root, name, '..'), { recursive: true })
      writeFileSync(join(root, name), text)
    }
    expect(isolatedTests(root).sort()).toEqual(['packages/core/src/a.test.ts', 'tools/f.test.ts'])
  } finally {
    rmSync(root, { recursive: true })
  }
})
