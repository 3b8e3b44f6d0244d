#!/usr/bin/env node
/**
 * Builds the addon of @tensorflow/tfjs-node from the sources in its npm package, for machines that can't download Google's
 * binary (firewall, no binary for this Node): node build-tfjs-node.mjs [PROJECT] [--wheel FILE]
 *
 * PROJECT (default: here) has @tensorflow/tfjs-node 4.22.0 and node-api-headers installed:
 * `npm i --ignore-scripts @tensorflow/tfjs-node@4.22.0 node-api-headers@1.9.0`. libtensorflow and its headers come out of the
 * TensorFlow wheel on PyPI, fetched with pip, hence with its proxies and mirrors, or given by --wheel; checked by its hash.
 * TensorFlow 2.12.1, not the 2.9.1 that tfjs-node's own script takes: it is the first with a libtensorflow that stands
 * without Python. Linux on x86-64; needs g++, and python3 with pip. 800 MB free, of which 580 MB stay in PROJECT.
 *
 * This file needs nothing else of its repository.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'

const tfjsVersion = '4.22.0'
const tensorflow = {
  version: '2.12.1',
  // tensorflow_cpu-2.12.1-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
  sha256: 'd05b8268da5bd87cf43d46da177e3b3ca39f2db0437e56c5e18351db4cde8679',
}

class BuildError extends Error {}

function assertThat(good, message) {
  if (!good) throw new BuildError(message)
}

function run(program, options, remedy) {
  const { status, stdout, stderr, error } = spawnSync(program, options, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  const said = (stderr ?? '').trim() || (stdout ?? '').trim() || error?.message
  assertThat(status === 0, `${program} failed: ${said}\n${remedy}`)
}

function findPackage(project, name) {
  const folder = join(project, 'node_modules', name)
  const manifest = join(folder, 'package.json')
  assertThat(
    existsSync(manifest),
    `${name} is not in ${project}: npm i --ignore-scripts @tensorflow/tfjs-node@${tfjsVersion} node-api-headers@1.9.0`,
  )
  return { folder, version: JSON.parse(readFileSync(manifest, 'utf8')).version }
}

function downloadWheel(folder) {
  console.log(`downloading TensorFlow ${tensorflow.version} (230 MB) with pip`)
  const platform = [
    '--python-version',
    '3.10',
    '--platform',
    'manylinux2014_x86_64',
    '--only-binary',
    ':all:',
  ]
  const wanted = ['--no-deps', '--dest', folder, `tensorflow-cpu==${tensorflow.version}`]
  run(
    'python3',
    ['-m', 'pip', 'download', '--quiet', ...platform, ...wanted],
    'Install pip (Debian: apt install python3-pip), or fetch the wheel by other means and name it with --wheel.',
  )
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.whl')),
  )
}

async function checkHash(wheel) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(wheel), hash)
  const found = hash.digest('hex')
  assertThat(found === tensorflow.sha256, `${wheel}: SHA-256 must be ${tensorflow.sha256}, got ${found}`)
}

/** The two libraries and the headers of the C interface; the other 1.5 GB of the wheel stay packed. */
function unpack(wheel, folder) {
  const program = `
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wanted = ('tensorflow/libtensorflow', 'tensorflow/include/tensorflow/c/', 'tensorflow/include/tensorflow/core/platform/',
          'tensorflow/include/tensorflow/tsl/')
wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])`
  run('python3', ['-c', program, wheel, folder], 'The wheel could not be unpacked: is there enough room?')
}

function compile(tfjsNode, headers) {
  const addonFolder = join(tfjsNode, 'lib', `napi-v8`)
  mkdirSync(addonFolder, { recursive: true })
  const flags = ['-shared', '-std=c++17', '-O2', '-fPIC', '-fvisibility=hidden', '-w', '-DNAPI_VERSION=8']
  const include = [`-I${join(headers, 'include')}`, `-I${join(tfjsNode, 'deps/include')}`]
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsNode, 'binding', name))
  const libraries = ['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2']
  const link = [`-L${join(tfjsNode, 'deps/lib')}`, ...libraries, '-Wl,-rpath,$ORIGIN/../../deps/lib']
  const addon = join(addonFolder, 'tfjs_binding.node')
  run(
    process.env.CXX ?? 'g++',
    [...flags, ...include, ...sources, ...link, '-o', addon],
    'Install a C++ compiler (Debian: apt install g++), or name one by CXX.',
  )
  return addon
}

async function build(project, givenWheel) {
  assertThat(
    process.platform === 'linux' && process.arch === 'x64',
    `this needs linux-x64, whose wheel it knows, got ${process.platform}-${process.arch}`,
  )
  const tfjsNode = findPackage(project, '@tensorflow/tfjs-node')
  assertThat(
    tfjsNode.version === tfjsVersion,
    `@tensorflow/tfjs-node must be ${tfjsVersion}, got ${tfjsNode.version}`,
  )
  const headers = findPackage(project, 'node-api-headers').folder
  const work = mkdtempSync(join(tmpdir(), 'tfjs-node-'))
  try {
    const wheel = givenWheel ?? downloadWheel(work)
    await checkHash(wheel)
    unpack(wheel, work)
    const deps = join(tfjsNode.folder, 'deps')
    rmSync(deps, { recursive: true, force: true })
    mkdirSync(join(deps, 'lib'), { recursive: true })
    cpSync(join(work, 'tensorflow/include'), join(deps, 'include'), { recursive: true })
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
      cpSync(join(work, 'tensorflow', name), join(deps, 'lib', name))
    console.log(`built ${compile(tfjsNode.folder, headers)}`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { wheel: { type: 'string' } } })
try {
  await build(resolve(positionals[0] ?? '.'), values.wheel)
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(`build-tfjs-node: ${error.message}`)
  process.exitCode = 1
}
