import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as core from '@kd/core'
import * as datasets from '@kd/datasets'
import * as features from '@kd/features'
import * as losses from '@kd/losses'
import * as mixing from '@kd/meta-mixing'
import * as models from '@kd/models'
import * as selection from '@kd/selection'
import { format, resolveConfig } from 'prettier'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { workspaceRoot } from '../workspace-copy/copy-workspace.js'
import { describedExports, type Described } from './described.js'
import { allMethods, allWrappers, factoriesOfPackage, methodsOfPackage } from './method-tables.js'
import { optionNames, optionTables } from './option-tables.js'
import { withSection } from './sections.js'

const packages = [
  describedExports('packages/losses', losses),
  describedExports('packages/features', features),
  describedExports('packages/selection', selection),
  describedExports('packages/meta-mixing', mixing),
]
const everywhere = [...describedExports('packages/core', { labelLoss: core.labelLoss }), ...packages.flat()]

/** Sections of a page, from what its comments say to what stands between them. */
type Sections = Readonly<Record<string, string>>

/** Every page that is written in part from what methods, models and data sets say of themselves. */
const pages = new Map<string, Sections>([
  ...packages.flatMap((described) => pagesOfPackage(described)),
  [
    'packages/models/README.md',
    { models: factoriesOfPackage('model', describedExports('packages/models', models)) },
  ],
  [
    'packages/datasets/README.md',
    { datasets: factoriesOfPackage('data set', describedExports('packages/datasets', datasets)) },
  ],
  ['docs/methods.md', { methods: allMethods(everywhere), wrappers: allWrappers(everywhere) }],
])

/** The README of a package, and those of the folders of its methods. */
function pagesOfPackage(described: readonly Described[]): [string, Sections][] {
  const { home } = described[0]!
  const readme = join(home, 'README.md')
  const sections = new Map<string, Record<string, string>>([
    [readme, { methods: methodsOfPackage(described) }],
  ])
  for (const { exported, module, options } of described) {
    const own = join(home, dirname(module), 'README.md')
    const ofFolder = sections.get(own) ?? {}
    // What shares a page with another method, and has no options, needs no table.
    if (!existsSync(join(workspaceRoot, own))) {
      sections.get(readme)![`options of ${exported}`] = optionTables(options)
    } else if (ofFolder['options'] === undefined) {
      sections.set(own, { options: optionTables(options) })
    } else if (optionNames(options) !== '') ofFolder[`options of ${exported}`] = optionTables(options)
  }
  return [...sections]
}

describe('what pages say from the definitions (npm run docs:write writes it)', () => {
  it.each([...pages])('%s', async (file, sections) => {
    const path = join(workspaceRoot, file)
    let page = readFileSync(path, 'utf8')
    for (const [name, content] of Object.entries(sections)) page = withSection(page, name, content, file)
    const text = await format(page, { ...(await resolveConfig(path)), filepath: path })
    await expect(text).toMatchFileSnapshot(path)
  })

  it('asks for the comments where they are missing', () => {
    expect(() => withSection('# swap\n', 'options', 'a table', 'swap/README.md')).toThrow(
      'swap/README.md: there must be a line <!-- options --> and behind it a line <!-- /options -->',
    )
  })

  it('has a table for each form of a union, and says what is required', () => {
    const schema = core.optionsSchema(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: core.option(z.literal('plain'), 'plain', 'as it is'), depth: z.int() }),
        z.strictObject({
          kind: core.requiredOption(z.literal('wide'), 'with more units'),
          width: core.fraction(0.5, 'how wide', { above: true }),
        }),
      ]),
    )
    expect(optionTables(schema)).toBe(
      [
        "With `kind: 'plain'`, the default (as it is):",
        '',
        '| option | default | values | meaning |',
        '| --- | --- | --- | --- |',
        '| `depth` | required | whole |  |',
        '',
        "With `kind: 'wide'` (with more units):",
        '',
        '| option | default | values | meaning |',
        '| --- | --- | --- | --- |',
        '| `width` | `0.5` | in (0, 1] | how wide |',
      ].join('\n'),
    )
  })
})
