// Time and memory of influence through the last layer: `npm run bench:selection -- --engine native --pydvl PYTHON`.
//
// By default 50,000 examples x 64 features x 100 classes in float32, 5000 held out, damping 0.01, and half and a fifth of the
// examples to see how time grows. Taking turns with ours:
//
// - numpy, where python3 has it: float64 conjugate gradients with the same preconditioner and tolerance, BLAS on all cores;
// - pyDVL 0.6.1, a Python influence library, where `--pydvl` names a python that has it: its own `compute_influences`. It is the last
//   release that runs with the PyTorch 1.13 of Debian 12: python3 -m venv --system-site-packages VENV; VENV/bin/pip install
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
import { conjugateGradient, lastLayerInfluence } from '@kd/selection'

const { values: options } = parseArgs({
  options: {
    examples: { type: 'string', default: '50000' },
    features: { type: 'string', default: '64' },
    classes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '2' },
    engine: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    pydvl: { type: 'string' },
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

const random = randomSource(1)
const centers = Float64Array.from({ length: CLASSES * FEATURES }, () => random.normal())
const train = makeExamples(EXAMPLES, random, centers)
const validation = makeExamples(EXAMPLES / 10, random, centers)
const folder = mkdtempSync(join(tmpdir(), 'kd-bench-'))
const peer = [options.python, '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-c', 'import numpy']).status === 0,
)
try {
  const write = (name, values) => writeFileSync(join(folder, name), values)
  for (const [name, { features, logits, labels }] of Object.entries({ train, validation })) {
    write(`${name}-features`, features.values)
    write(`${name}-logits`, logits.values)
    write(`${name}-labels`, labels)
  }
  console.log(
    `${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; ${FEATURES} features, ${CLASSES} classes, residual ${TOLERANCE}`,
  )
  await score(cut(train, 2000), validation)
  for (const count of [EXAMPLES / 5, EXAMPLES / 2, EXAMPLES]) {
    for (let round = 0; round < Number(options.rounds); round++) {
      const ours = await score(cut(train, count), validation)
      console.log(
        `${count} examples: ours ${ours.seconds.toFixed(2)} s (${ours.processor.toFixed(2)} s of processor), ${ours.iterations} iterations, ` +
          `${((1e6 * ours.processor) / count / (ours.iterations + 4)).toFixed(2)} us per example and pass, ${ours.megabytes.toFixed(0)} MiB extra`,
      )
      if (peer === undefined) continue
      const script = fileURLToPath(new URL('last_layer_influence.py', import.meta.url))
      const settings = [folder, count, FEATURES, CLASSES, TOLERANCE].map(String)
      const { status, stdout, stderr } = spawnSync(peer, [script, ...settings], { encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
      const bytes = readFileSync(join(folder, 'scores'))
      const theirs = new Float64Array(bytes.buffer, bytes.byteOffset, count)
      const difference = Math.max(...theirs.map((value, row) => Math.abs(value - ours.influence[row])))
      const largest = Math.max(...theirs.map(Math.abs))
      console.log(
        `${count} examples: numpy ${stdout.trim()}; scores differ by ${(difference / largest).toExponential(1)} of the largest`,
      )
    }
  }
  if (peer === undefined) console.log('SKIPPED numpy: no python3 that has it')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
