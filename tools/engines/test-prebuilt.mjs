/**
 * `npm run test:prebuilt`: what a user of @kd/native gets who has neither a compiler nor oneDNN. Packs @kd/native and its
 * prebuilt addon, installs them in an empty folder, and trains there with that folder as the whole file system: besides it
 * there are Node and the C libraries that Node itself needs. Needs the built addon (`npm run build:addon -w @kd/native`).
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertThat, makeProject, orThrow } from './make-project.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const prebuilt = join(root, 'packages/native/dist-addon/prebuilt')
const printLibraries =
  'data:text/javascript,process.on("exit",()=>process.report.getReport().sharedObjects.forEach((name)=>console.log("loaded",name)))'

/** Copies a program and every library that it is linked to, to the same places under another root. */
function copyProgram(program, newRoot) {
  const libraries = [...orThrow('ldd', [program]).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path)
  for (const path of [program, ...libraries]) {
    mkdirSync(join(newRoot, dirname(path)), { recursive: true })
    copyFileSync(realpathSync(path), join(newRoot, path))
  }
}

/** Runs a program that sees nothing outside a folder: as root, or in a user namespace of its own. */
function runInside(newRoot, program, options) {
  const [wrapper, ...first] =
    process.getuid() === 0
      ? ['chroot', newRoot]
      : ['unshare', '--map-root-user', `--root=${newRoot}`, '--wd=/app']
  const env = { PATH: `${process.env.PATH}:/usr/sbin` }
  const { status, stdout, stderr, error } = spawnSync(wrapper, [...first, program, ...options], {
    encoding: 'utf8',
    env,
  })
  if (error) throw error
  return { status, stdout, stderr }
}

function packPrebuilt(destination) {
  orThrow('npm', ['run', '--silent', 'pack:prebuilt', '-w', '@kd/native'], root)
  orThrow('npm', ['pack', '--pack-destination', destination], prebuilt)
  const name = readdirSync(destination).find((file) => file.startsWith('kd-native-linux'))
  return join(destination, name)
}

const jail = mkdtempSync(join(tmpdir(), 'kd-prebuilt-'))
try {
  const app = join(jail, 'app')
  mkdirSync(app)
  const tarball = packPrebuilt(app)
  console.log(`prebuilt package: ${(statSync(tarball).size / 2 ** 20).toFixed(1)} MiB packed`)
  makeProject({ root, folder: app, packages: ['@kd/core', '@kd/models', '@kd/native'], others: [tarball] })
  copyProgram(process.execPath, jail)
  mkdirSync(join(jail, 'tmp'))

  const { status, stdout, stderr } = runInside(jail, process.execPath, [
    '--import',
    printLibraries,
    '/app/check-engine.mjs',
    'native',
  ])
  const loaded = [...stdout.matchAll(/^loaded (.*)$/gm)].map(([, path]) => path)
  console.log(stdout.replaceAll(/^loaded .*\n/gm, ''), stderr)
  assertThat(status === 0, `check-engine.mjs failed with ${status}`)
  const own = loaded.filter((path) => path.startsWith('/app/'))
  console.log(`loaded from the package: ${own.join(', ')}`)
  const folder = '/app/node_modules/@kd/native-linux-x64'
  for (const name of ['kd-native.node', 'libdnnl.so.2', 'libgomp.so.1'])
    assertThat(
      own.some((path) => path.startsWith(`${folder}/`) && path.endsWith(`/${name}`)),
      `${name} must come from ${folder}, got ${loaded.join(', ')}`,
    )
  for (const path of ['/usr/bin/g++', '/usr/lib/x86_64-linux-gnu/libdnnl.so.2'])
    assertThat(!readdirSync(jail, { recursive: true }).includes(path.slice(1)), `${path} was in reach`)
} finally {
  rmSync(jail, { recursive: true, force: true })
}
