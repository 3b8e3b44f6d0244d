import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packPackages } from '../tarballs/pack-packages.mjs'
import { runProgram } from '../tarballs/run-program.mjs'

/**
 * Packs this repository's packages and installs some of them in an empty folder, without running any install script, with
 * check-engine.mjs beside them.
 *
 * @param {{ root: string, folder: string, packages: readonly string[], others: readonly string[] }} wanted - the
 * repository, where the project goes, names of our packages (what they need comes along), and specifications of others
 */
export function makeProject({ root, folder, packages, others }) {
  mkdirSync(folder, { recursive: true })
  const packed = packPackages(root, folder)
  const needed = new Set(packed.filter(({ name }) => packages.includes(name)).flatMap(({ needs }) => needs))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const options = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  const tarballs = [...needed].map(({ tarball }) => tarball)
  orThrow('npm', [...options, ...tarballs, ...others], folder)
  copyFileSync(new URL('check-engine.mjs', import.meta.url), join(folder, 'check-engine.mjs'))
}

/**
 * Runs a program and gives what it printed, on standard output and error together.
 *
 * @throws Error with that, when it fails
 */
export function orThrow(program, options, folder) {
  const { ok, output } = runProgram(program, options, folder)
  if (!ok) throw new Error(`${program} ${options.join(' ')} failed:\n${output}`)
  return output
}

/** What `kd doctor` of an installed project says of one engine. */
export function diagnose(folder, engine) {
  const output = orThrow(join(folder, 'node_modules/.bin/kd'), ['doctor', '--json'], folder)
  const { engines } = JSON.parse(output.split('\n').find((line) => line.startsWith('{')))
  return engines.find(({ name }) => name === engine)
}

/** @throws Error with the message, unless the first argument holds */
export function assertThat(good, message) {
  if (!good) throw new Error(message)
}
