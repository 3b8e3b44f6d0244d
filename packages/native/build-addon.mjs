/**
 * Builds the addon with the machine's C++ compiler: `npm run build:addon -w @kd/native` in its repository, and
 * `node node_modules/@kd/native/build-addon.mjs` where the package is installed.
 *
 * Needs g++ or clang++ with OpenMP, and oneDNN 2.6 or newer with its headers (Debian, Ubuntu: g++ libdnnl-dev). Without them
 * it says so and leaves nothing behind, and TensorFlow.js runs on another engine.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import nodeApiHeaders from 'node-api-headers'

const root = fileURLToPath(new URL('.', import.meta.url))
const sources = join(root, 'addon')
const sanitize = process.argv.includes('--sanitize')
const output = join(root, 'dist-addon', sanitize ? 'kd-native-asan.node' : 'kd-native.node')
const work = join(root, 'dist-addon', sanitize ? 'objects-asan' : 'objects')

/** Of these sources: the JavaScript side names the one it was written for, and refuses any other. */
const version = hashOfSources()
if (process.argv.includes('--print-version')) {
  console.log(version)
  process.exit()
}

/** Instruction sets that the loops are compiled for; the best one that the processor has is chosen when the addon loads. */
const instructionSets =
  process.arch === 'x64'
    ? {
        baseline: [],
        avx2: ['-mavx2', '-mfma'],
        avx512: [
          '-mavx2',
          '-mfma',
          '-mavx512f',
          '-mavx512dq',
          '-mavx512bw',
          '-mavx512vl',
          '-mprefer-vector-width=512',
        ],
      }
    : { baseline: [] }

function hashOfSources() {
  const hash = createHash('sha256')
  for (const name of readdirSync(sources, { recursive: true }).sort()) {
    if (/\.(cc|h)$/.test(name)) hash.update(`${name}\n${readFileSync(join(sources, name), 'utf8')}`)
  }
  return hash.digest('hex').slice(0, 12)
}

/** Changes nothing where the sources are those of the repository. */
function noteVersion() {
  const file = join(root, 'src', 'addon-version.ts')
  const before = readFileSync(file, 'utf8')
  const after = before.replace(/'[0-9a-f]*'/, `'${version}'`)
  if (after !== before) writeFileSync(file, after)
}

function fail(reason, hint) {
  console.error(
    `@kd/native: the addon was not built: ${reason}\n${hint}\nTraining still runs, on the slower wasm engine.`,
  )
  process.exit(1)
}

function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++']
  const found = candidates.find((command) => spawnSync(command, ['--version']).status === 0)
  return (
    found ??
    fail(
      `no C++ compiler (tried ${candidates.join(', ')})`,
      'Install one (Debian: apt install g++) or set CXX.',
    )
  )
}

const compiler = findCompiler()
const headers = nodeApiHeaders.include_dir
const common = [
  '-std=c++17',
  '-fPIC',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Wno-unknown-pragmas',
  `-DKD_ADDON_VERSION="${version}"`,
  `-I${headers}`,
]
const optimize = sanitize
  ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-omit-frame-pointer']
  : ['-O3', '-DNDEBUG']
// Errno and floating-point traps are of no use here and keep loops from being vectorised; NaN and infinities stay exact.
const loopFlags = ['-fno-math-errno', '-fno-trapping-math', '-fopenmp-simd', '-ftree-vectorize']

const probe = spawnSync(
  compiler,
  [...common, '-fopenmp', '-x', 'c++', '-', '-o', join(tmpdir(), `kd-probe-${process.pid}`), '-ldnnl'],
  {
    input:
      '#include <oneapi/dnnl/dnnl.hpp>\n#include <omp.h>\nint main() { return omp_get_max_threads() + dnnl_version()->major == 0; }\n',
    encoding: 'utf8',
  },
)
rmSync(join(tmpdir(), `kd-probe-${process.pid}`), { force: true })
if (probe.status !== 0) {
  fail(
    `oneDNN or OpenMP was not found by ${compiler}: ${probe.stderr.split('\n')[0]}`,
    'Install oneDNN with its headers (Debian: apt install libdnnl-dev), or say where it is: CPLUS_INCLUDE_PATH, LIBRARY_PATH.',
  )
}

const jobs = [
  ...readdirSync(sources)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => ({
      name,
      object: `${name}.o`,
      flags: ['-fopenmp', ...(process.arch === 'x64' ? ['-DKD_X86'] : [])],
    })),
  ...Object.entries(instructionSets).flatMap(([set, flags]) =>
    readdirSync(join(sources, 'loops'))
      .filter((name) => name.endsWith('.cc'))
      .map((name) => ({
        name: join('loops', name),
        object: `${set}-${name}.o`,
        flags: [...loopFlags, ...flags, `-DKD_ISA=${set}`],
      })),
  ),
]

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(compiler, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('close', (status) => resolve(status === 0))
    child.on('error', () => resolve(false))
  })
}

mkdirSync(work, { recursive: true })
const queue = [...jobs]
let failed = false
async function worker() {
  for (let job = queue.shift(); job !== undefined && !failed; job = queue.shift()) {
    const ok = await run([
      ...common,
      ...optimize,
      ...job.flags,
      '-c',
      join(sources, job.name),
      '-o',
      join(work, job.object),
    ])
    if (!ok) failed = true
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, worker))
if (failed) fail('a source file did not compile (see above)', 'Please report this with the lines above.')

const linked = await run([
  '-shared',
  '-fopenmp',
  ...(sanitize ? ['-fsanitize=address,undefined'] : []),
  ...jobs.map((job) => join(work, job.object)),
  '-ldnnl',
  // The old kind of search path holds for oneDNN's own libraries too, so that all may lie beside the addon.
  '-Wl,--disable-new-dtags,-rpath,$ORIGIN',
  // What calls jump through is read-only once the addon is loaded.
  ...(process.platform === 'linux' ? ['-Wl,-z,relro,-z,now'] : []),
  '-o',
  `${output}.tmp`,
])
if (!linked) fail('it did not link (see above)', 'Please report this with the lines above.')
// Renamed, not overwritten: a running process keeps the file that it loaded.
renameSync(`${output}.tmp`, output)
noteVersion()
console.log(`@kd/native: built ${output}`)
