// Time and memory of influence through the last layer: `npm run bench:selection -- --engine native --pydvl PYTHON`.
//
// By default 50,000 examples x 64 features x 100 classes in float32, 5000 held out, damping 0.01, and half and a fifth of the
// examples to see how time grows. Taking turns with ours:
//
// - numpy, where python3 has it: float64 conjugate gradients with the same preconditioner and tolerance, BLAS on all cores;
// - pyDVL 0.6.1, a Python influence library, where `--pydvl` names a python that has it: its own `compute_influences`. It is a
//   release that still runs with the PyTorch 1.13 of Debian 12: python3 -m venv --system-site-packages VENV; VENV/bin/pip install
//   pydvl==0.6.1 numpy==1.24.2 'pandas<2.2' pyDeprecate==0.3.2.
//
// `--stream` gives our examples as pieces that are read from files, with memory for one piece at a time.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomSource, selectEngine } from '@kd/core'
import { readTableRows } from '@kd/datasets'
import { conjugateGradient, lastLayerInfluence } from '@kd/selection'

const { values: options } = parseArgs({
  options: {
    examples: { type: 'string', default: '50000' },
    features: { type: 'string', default: '64' },
    classes: { type: 'string', default: '100' },
    parts: { type: 'string', default: '0.2,0.5,1' },
    rounds: { type: 'string', default: '2' },
    engine: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    pydvl: { type: 'string' },
    stream: { type: 'boolean', default: false },
  },
})
const EXAMPLES = Number(options.examples)
const FEATURES = Number(options.features)
const CLASSES = Number(options.classes)
const TOLERANCE = 1e-7

/** Features as a network of rectified units has them, and logits of a layer that fits them in part. */
function makeExamples(count, random, centers) {
  const features = { values: new Float32Array(count * FEATURES), shape: [count, FEATURES] }
  const logits = { values: new Float32Array(count * CLASSES), shape: [count, CLASSES] }
  const labels = new Int32Array(count)
  for (let row = 0; row < count; row++) {
    labels[row] = row % CLASSES
    for (let k = 0; k < FEATURES; k++) {
      const value = centers[labels[row] * FEATURES + k] + 1.5 * random.normal()
      features.values[row * FEATURES + k] = Math.max(value, 0)
    }
    for (let c = 0; c < CLASSES; c++) {
      let sum = 0
      for (let k = 0; k < FEATURES; k++)
        sum += features.values[row * FEATURES + k] * centers[c * FEATURES + k]
      logits.values[row * CLASSES + c] = 0.3 * sum
    }
  }
  return { features, logits, labels }
}

const cut = ({ features, logits, labels }, count) => ({
  features: { values: features.values.subarray(0, count * FEATURES), shape: [count, FEATURES] },
  logits: { values: logits.values.subarray(0, count * CLASSES), shape: [count, CLASSES] },
  labels: labels.subarray(0, count),
})

async function score(train, validation) {
  let iterations = 0
  let largest = 0
  const before = process.memoryUsage.rss()
  const solver = conjugateGradient({
    tolerance: TOLERANCE,
    onIteration({ iteration }) {
      iterations = iteration
      largest = Math.max(largest, process.memoryUsage.rss())
    },
  })
  const [started, cpu] = [performance.now(), process.cpuUsage().user]
  const influence = await lastLayerInfluence({ ...train, validation, solver })
  return {
    influence,
    iterations,
    seconds: (performance.now() - started) / 1000,
    processor: (process.cpuUsage().user - cpu) / 1e6,
    megabytes: (largest - before) / 2 ** 20,
  }
}

const shown = (count, label, { seconds, processor, iterations, megabytes }) =>
  `${count} examples: ${label} ${seconds.toFixed(2)} s (${processor.toFixed(2)} s of processor), ${iterations} iterations, ${megabytes.toFixed(0)} MiB extra`

/** Runs a Python script over the first examples, and says how far its scores are from ours up to their scale. */
function peer(label, python, script, settings, influence) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const { status, stdout, stderr } = spawnSync(python, [path, ...settings.map(String)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const bytes = readFileSync(join(folder, 'scores'))
  const theirs = new Float64Array(bytes.buffer, bytes.byteOffset, influence.length)
  const difference = Math.max(...theirs.map((value, row) => Math.abs(value - influence[row])))
  const largest = Math.max(...theirs.map(Math.abs))
  console.log(
    `${influence.length} examples: ${label} ${stdout.trim()}; scores differ by ${(difference / largest).toExponential(1)} of the largest`,
  )
}

const filesOf = (count) => ({
  stream: () =>
    readTableRows({
      tables: {
        features: { path: join(folder, 'train-features'), columns: FEATURES },
        logits: { path: join(folder, 'train-logits'), columns: CLASSES },
      },
      labels: join(folder, 'train-labels'),
      rows: Math.min(count, 4096),
    }),
})

const { name: engine } = await selectEngine(options.engine)
const random = randomSource(1)
const centers = Float64Array.from({ length: CLASSES * FEATURES }, () => random.normal())
const validation = makeExamples(5000, random, centers)
const folder = mkdtempSync(join(tmpdir(), 'kd-bench-'))
const numpy = [options.python, '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-c', 'import numpy']).status === 0,
)
const write = (name, { features, logits, labels }, flag = 'w') => {
  writeFileSync(join(folder, `${name}-features`), features.values, { flag })
  writeFileSync(join(folder, `${name}-logits`), logits.values, { flag })
  writeFileSync(join(folder, `${name}-labels`), labels, { flag })
}
try {
  console.log(
    `engine ${engine}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; ${FEATURES} features, ${CLASSES} classes, residual ${TOLERANCE}`,
  )
  if (options.stream) {
    for (let left = EXAMPLES; left > 0; left -= 10_000)
      write('train', makeExamples(Math.min(left, 10_000), random, centers), 'a')
    const bytes = EXAMPLES * (FEATURES + CLASSES + 1) * 4
    console.log(`files of ${(bytes / 2 ** 20).toFixed(0)} MiB`)
    console.log(shown(EXAMPLES, 'from files', await score(filesOf(EXAMPLES), validation)))
  } else await compare()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function compare() {
  const train = makeExamples(EXAMPLES, random, centers)
  write('train', train)
  write('validation', validation)
  writeFileSync(
    join(folder, 'weights'),
    Float32Array.from(centers, (value) => 0.3 * value),
  )
  await score(cut(train, 2000), validation)
  for (const count of options.parts.split(',').map((part) => Number(part) * EXAMPLES)) {
    for (let round = 0; round < Number(options.rounds); round++) {
      const ours = await score(cut(train, count), validation)
      console.log(shown(count, 'ours', ours))
      const settings = [folder, count, FEATURES, CLASSES]
      if (numpy) peer('numpy', numpy, 'last_layer_influence.py', [...settings, TOLERANCE], ours.influence)
      // In one round only: it takes long.
      if (options.pydvl && round === 0)
        peer('pyDVL', options.pydvl, 'last_layer_influence_pydvl.py', settings, ours.influence)
    }
  }
  if (!numpy) console.log('SKIPPED numpy: no python3 that has it')
  if (!options.pydvl) console.log('SKIPPED pyDVL: name a python that has it with --pydvl')
}
