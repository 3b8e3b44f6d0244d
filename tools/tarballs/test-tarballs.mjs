/**
 * Tests what a user gets: packs every public package, installs the tarballs in empty folders outside the repository, and
 * runs each package's probe there as ESM and as CommonJS, under this Node and newer ones, and type-checks it with
 * three versions of TypeScript. Each package is also installed alone, with nothing but what it depends on.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newerNodes } from './newer-nodes.mjs'
import { packPackages } from './pack-packages.mjs'
import { runProgram } from './run-program.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outside = mkdtempSync(join(tmpdir(), 'kd-tarballs-'))
const compilers = ['typescript-5.9', 'typescript', 'typescript-7.0'].map((name) => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  return { version, program: join(root, 'node_modules', name, 'lib/tsc.js') }
})
const failures = []
let passed = 0

function check(what, program, options, folder) {
  const { ok, output, seconds } = runProgram(program, options, folder)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what} (${seconds.toFixed(1)} s)`)
  if (ok) passed++
  else {
    failures.push(what)
    console.log(output.replaceAll(/^/gm, '     '))
  }
  return ok
}

/** An empty project with these tarballs installed by npm, and one probe for each package to be tried. */
function makeProject(name, tarballs, probed) {
  const folder = join(outside, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true }))
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.mts', '*.cts'] }),
  )
  for (const probe of probed) writeProbe(folder, probe)
  const install = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs]
  return check(`${name}: npm install`, 'npm', install, folder) ? folder : undefined
}

function writeProbe(folder, { name, directory }) {
  const esm = readFileSync(new URL(`./probes/${directory}.mjs`, import.meta.url), 'utf8')
  const cjs = esm
    .replaceAll(/^import (?:\* as )?(.+?) from ('.+?')$/gm, 'const $1 = require($2)')
    .replaceAll(/^import ('.+?')$/gm, 'require($1)')
  if (!esm.includes(`'${name}'`))
    throw new Error(`tools/tarballs/probes/${directory}.mjs does not import ${name}`)
  for (const extension of ['mjs', 'mts', 'cts']) writeFileSync(join(folder, `${directory}.${extension}`), esm)
  writeFileSync(join(folder, `${directory}.cjs`), cjs)
}

function runProbe(project, folder, { directory }, node) {
  for (const [system, extension] of [
    ['ESM', 'mjs'],
    ['CommonJS', 'cjs'],
  ]) {
    check(
      `${project}: ${directory} as ${system}, Node ${node.version}`,
      node.program,
      [`${directory}.${extension}`],
      folder,
    )
  }
}

try {
  const packages = packPackages(root, outside)
  const thisNode = { version: process.versions.node, program: process.execPath }
  const nodes = [thisNode, ...newerNodes(outside)]

  const run = { name: '@kd/core', directory: 'together' }
  const together = makeProject(
    'together',
    packages.map(({ tarball }) => tarball),
    [...packages, run],
  )
  if (together) {
    for (const node of nodes)
      for (const each of [...packages, run]) runProbe('together', together, each, node)
    for (const { version, program } of compilers) {
      check(`together: types, TypeScript ${version}`, process.execPath, [program, '-p', together], together)
    }
    for (const { manifest } of packages) {
      for (const bin of Object.keys(manifest.bin ?? {})) {
        const program = join(together, 'node_modules/.bin', bin)
        check(`together: ${bin} --help`, program, ['--help'], together)
        for (const { version, program: node } of nodes)
          check(`together: ${bin} --help, Node ${version}`, node, [program, '--help'], together)
      }
    }
  }
  for (const { name, tarball } of packages)
    check(`${name}: the tarball holds the licence`, 'tar', ['-tf', tarball, 'package/LICENSE'], outside)
  for (const each of packages) {
    const project = `${each.directory}-alone`
    const folder = makeProject(
      project,
      each.needs.map(({ tarball }) => tarball),
      [each],
    )
    if (!folder) continue
    runProbe(project, folder, each, thisNode)
    check(
      `${project}: types, TypeScript ${compilers[1].version}`,
      process.execPath,
      [compilers[1].program, '-p', folder],
      folder,
    )
  }
} finally {
  rmSync(outside, { recursive: true, force: true })
}
for (const failure of failures) console.log(`failed: ${failure}`)
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0
