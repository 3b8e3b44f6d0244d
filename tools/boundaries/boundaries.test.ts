import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyWorkspace } from '../workspace-copy/copy-workspace.js'

interface Violation {
  readonly from: string
  readonly rule: { readonly name: string }
}

/** A forbidden import each: the file that is planted, its text, and the rule that must name it. */
const planted: [file: string, text: string, rule: string][] = [
  ['packages/core/src/planted-losses.ts', "import '@kd/losses'", 'core-stands-alone'],
  ['packages/losses/src/planted-models.ts', "export type * from '@kd/models'", 'libraries-know-only-core'],
  ['packages/losses/src/swap/planted-method.ts', "import '../dist-kd/dist-kd.js'", 'methods-stand-alone'],
  ['packages/losses/src/terms/planted-method.ts', "import '../dist-kd/dist-kd.js'", 'methods-stand-alone'],
  ['packages/losses/src/label-revision/planted.ts', "import '../dist-kd/dist-kd.js'", 'methods-stand-alone'],
  [
    'packages/meta-mixing/src/super-loss/planted-method.ts',
    "import '../fixed-mixing/fixed-mixing.js'",
    'methods-stand-alone',
  ],
  [
    'packages/selection/src/methods/planted-method.ts',
    "import './refreshed-selection.js'",
    'methods-of-selection-stand-alone',
  ],
  [
    'packages/cli/src/config/planted-run.ts',
    "export type * from '../run/run-options.js'",
    'cli-config-imports-layers-before-it',
  ],
  [
    'packages/cli/src/run/planted-jobs.ts',
    "export type * from '../jobs/job/job.js'",
    'cli-run-imports-layers-before-it',
  ],
  [
    'packages/cli/src/jobs/planted-cli.ts',
    "export type * from '../cli/terminal/terminal.js'",
    'cli-jobs-imports-layers-before-it',
  ],
  ['packages/models/src/planted-path.ts', "import '../../core/src/errors.js'", 'index-is-the-door'],
  ['packages/losses/src/planted-testing.ts', "import '@kd/testing'", 'testing-stays-in-tests'],
  ['packages/losses/src/planted-node.ts', "import 'node:fs'", 'no-node-in-libraries'],
  ['packages/datasets/src/planted-node.ts', "import 'node:fs'", 'datasets-load-node-late'],
  ['packages/losses/src/planted-undeclared.ts', "import 'simple-statistics'", 'only-declared-dependencies'],
  ['packages/losses/src/planted-missing.ts', "import './no-such-file.js'", 'only-existing-files'],
  ['packages/losses/src/planted-cycle-end.ts', "import './planted-cycle.js'", 'no-cycles'],
]

/** The rest of the cycle, which is reported once. */
const cycleStart: [file: string, text: string] = [
  'packages/losses/src/planted-cycle.ts',
  "import './planted-cycle-end.js'",
]

/** Imports that look alike and are allowed. */
const allowed: [file: string, text: string][] = [
  ['packages/datasets/src/planted-late-node.ts', "export const late = () => import('node:fs')"],
  ['packages/losses/src/planted-core.ts', "import '@kd/core'"],
  ['packages/cli/src/planted-node.ts', "import 'node:fs'"],
  ['packages/losses/src/swap/planted-terms.ts', "import '../terms/label-margin.js'"],
  ['packages/cli/src/cli/planted-jobs.ts', "export type * from '../jobs/job/job.js'"],
  ['packages/cli/src/run/planted-config.ts', "export type * from '../config/plugin.js'"],
]

describe('the boundaries between packages and folders', () => {
  const copy = copyWorkspace()
  let violations: readonly Violation[]

  beforeAll(() => {
    for (const [file, text] of [...planted, cycleStart, ...allowed])
      writeFileSync(join(copy, file), `${text}\n`)
    const program = join(copy, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
    const { stdout } = spawnSync(
      process.execPath,
      [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'tools'],
      { cwd: copy, encoding: 'utf8', maxBuffer: 2 ** 28 },
    )
    const report = JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }
    violations = report.summary.violations
  })

  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it.each(planted)('%s is caught', (file, _, rule) => {
    expect(violations.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(
      rule,
    )
  })

  it.each(allowed)('%s is allowed', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([])
  })
})
