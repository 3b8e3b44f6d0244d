/**
 * `npm run test:tfjs -w @kd/native`: TensorFlow.js's own tests for backends, which tfjs-core ships compiled, on the native engine
 * and for comparison on the cpu engine, for which alone two more are declared. Fails when native fails a test; `--json FILE` keeps
 * every result.
 */
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values: options } = parseArgs({ options: { json: { type: 'string' } } })
const engines = {
  native: { KD_SUITE_ENGINE: 'native' },
  'native, fusions off': { KD_SUITE_ENGINE: 'native', KD_SUITE_FUSIONS: 'off' },
  'native, baseline instructions': { KD_SUITE_ENGINE: 'native', KD_NATIVE_ISA: 'baseline' },
  cpu: { KD_SUITE_ENGINE: 'cpu' },
}

const folder = mkdtempSync(join(tmpdir(), 'kd-tfjs-suite-'))
try {
  const bundle = join(folder, 'suite.mjs')
  await bundleSuite(bundle)
  const results = Object.fromEntries(
    Object.entries(engines).map(([name, environment]) => [name, runSuite(bundle, environment)]),
  )
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2))
  report(results)
} finally {
  rmSync(folder, { recursive: true })
}

/** The tests are ECMAScript modules whose imports lack the file endings that Node wants, and all must share one tfjs-core. */
async function bundleSuite(outfile) {
  await build({
    entryPoints: [fileURLToPath(new URL('entry.js', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@kd/source'],
    mainFields: ['module', 'main'],
    // tfjs-core's list of files with side effects lacks its tests.
    ignoreAnnotations: true,
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)",
    },
    logLevel: 'error',
  })
}

function runSuite(bundle, environment) {
  const file = join(folder, 'results.json')
  const { status, stdout, stderr, signal } = spawnSync(process.execPath, [bundle], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: {
      KD_NATIVE_ADDON: join(root, 'packages/native/dist-addon/kd-native.node'),
      ...process.env,
      ...environment,
      KD_SUITE_RESULTS: file,
    },
  })
  if (status !== 0)
    throw new Error(`the suite must run to its end, got ${signal ?? status}\n${stdout}${stderr}`)
  return JSON.parse(readFileSync(file, 'utf8'))
}

function report(results) {
  const cpuFails = new Set(failed(results.cpu).map(({ name }) => name))
  console.log('| engine | passed | failed | of these also on cpu | left out by TensorFlow.js |')
  console.log('| --- | --- | --- | --- | --- |')
  for (const [engine, tests] of Object.entries(results)) {
    const failures = failed(tests)
    const count = (status) => tests.filter((test) => test.status === status).length
    const shared = failures.filter(({ name }) => cpuFails.has(name)).length
    console.log(`| ${engine} | ${count('passed')} | ${failures.length} | ${shared} | ${count('pending')} |`)
  }
  for (const [engine, tests] of Object.entries(results)) {
    for (const { name, message } of failed(tests)) console.log(`\n${engine}: ${name}\n  ${message}`)
    // A bundle that lost its tests would fail none.
    if (tests.length < 4000 || (engine !== 'cpu' && failed(tests).length > 0)) process.exitCode = 1
  }
}

function failed(tests) {
  return tests.filter(({ status }) => status === 'failed')
}
