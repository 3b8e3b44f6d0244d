import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packPackages } from '../tarballs/pack-packages.mjs'
import { runProgram } from '../tarballs/run-program.mjs'

/**
 * Packs this repository's packages and installs some of them in an empty folder, without running any install script.
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
  const { ok, output } = runProgram('npm', [...options, ...tarballs, ...others], folder)
  if (!ok) throw new Error(output)
}
