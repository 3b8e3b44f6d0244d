const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

/** Where the files go that do not stand beside the method. */
const elsewhere = { '__SNAKE__.py': 'tools/goldens', 'add-__KEBAB__.md': '.changeset' }

/** What each kind is made from, and the package that it belongs to unless told otherwise. */
const kinds = {
  method: { template: 'method', package: 'losses' },
  featureMethod: { template: 'feature-method', package: 'features' },
  learningTeacher: { template: 'learning-teacher', package: 'losses' },
  task: { template: 'task', package: 'core' },
}

for (const [kind, { template, package: home }] of Object.entries(kinds)) {
  /**
   * Writes something that compiles and passes its tests, to be replaced by its own formula.
   *
   * @param tree - the workspace's files, as Nx hands them to a generator
   * @param {{ name: string, package?: string }} options - the name in kebab-case and its package's folder
   */
  module.exports[kind] = (tree, { name, package: packageName = home }) =>
    generate(tree, { template, name, packageName })
}

async function generate(tree, { template, name, packageName }) {
  const index = `packages/${packageName}/src/index.ts`
  // Tasks of core stand together; everything else has a folder of its own.
  const folder =
    template === 'task' && packageName === 'core'
      ? 'packages/core/src/task'
      : `packages/${packageName}/src/${name}`
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`${template}: name must be in kebab-case, such as relational-kd, got ${name}`)
  }
  if (!tree.exists(index))
    throw new Error(`${template}: package must be a folder of packages/, got ${packageName}`)
  if (tree.exists(`${folder}/${name}.ts`))
    throw new Error(`${template}: name must be new, got ${name}, which is in ${folder}`)

  const names = { ...spellings(name), PACKAGE: packageName, IMPORTS: importsOf(packageName) }
  for (const source of readdirSync(join(__dirname, 'template', template))) {
    const file = source.replace(/\.template$/, '')
    const text = readFileSync(join(__dirname, 'template', template, source), 'utf8')
    const path = `${elsewhere[file] ?? folder}/${fill(file, names)}`
    tree.write(path, await formatted(fill(text, names), path, tree.root))
  }
  const path = `./${folder.slice(`packages/${packageName}/src/`.length)}/${name}.js`
  const exported = template === 'task' ? names.CAMEL : `${names.CAMEL}, type ${names.PASCAL}Options`
  const line = `export { ${exported} } from '${path}'\n`
  tree.write(index, await formatted(withExport(tree.read(index, 'utf8'), path, line), index, tree.root))
}

/** Core cannot enter itself by its own door. */
function importsOf(packageName) {
  if (packageName !== 'core') {
    return "import { defineTask, InvalidArgumentError, type Figures, type LabelArray, type Meter, type TaskFactory } from '@kd/core'"
  }
  return [
    "import { InvalidArgumentError } from '../errors.js'",
    "import { defineTask, type TaskFactory } from './define-task.js'",
    "import type { LabelArray } from './labels.js'",
    "import type { Figures, Meter } from './task.js'",
  ].join('\n')
}

/** How a line breaks depends on the length of the method's name. */
async function formatted(text, path, root) {
  if (!/\.(ts|md)$/.test(path)) return text
  const prettier = await import('prettier')
  return prettier.format(text, { ...(await prettier.resolveConfig(join(root, path))), filepath: path })
}

/** The spellings of `relational-kd` that the templates name: relationalKd, RelationalKd, relational_kd. */
function spellings(kebab) {
  const words = kebab.split('-')
  const pascal = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('')
  return {
    KEBAB: kebab,
    CAMEL: pascal[0].toLowerCase() + pascal.slice(1),
    PASCAL: pascal,
    SNAKE: words.join('_'),
  }
}

function fill(text, names) {
  return text.replaceAll(/__([A-Z]+)__/g, (whole, key) => names[key] ?? whole)
}

/** Puts the export in front of the first one whose path comes after it. */
function withExport(source, path, line) {
  for (const statement of source.matchAll(/^export [^']*? from '(.*)'$/gm)) {
    if (statement[1] > path) return source.slice(0, statement.index) + line + source.slice(statement.index)
  }
  return source.replace(/^export \{\}\n/m, '').replace(/\n*$/, source.trim() === '' ? '' : '\n') + line
}
