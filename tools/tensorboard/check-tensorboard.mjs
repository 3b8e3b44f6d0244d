/**
 * Shows that the real TensorBoard reads the event files of kd: `npm run test:tensorboard`. Distils a student with learned mixing
 * weights, interrupts that and goes on, and compares what TensorBoard reads with metrics.jsonl. Makes a virtual environment with
 * TensorBoard from PyPI in a temporary folder, or takes the Python named by KD_TENSORBOARD_PYTHON. Not part of CI: it needs PyPI.
 */
import { runDistillation } from '@kd/cli'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'kd-tensorboard-'))
try {
  const run = join(folder, 'run')
  const started = Date.now() / 1000
  await distilInTwoParts(run)
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n')
  const metrics = lines.map((line) => JSON.parse(line))
  const script = fileURLToPath(new URL('read_events.py', import.meta.url))
  const { scalars, histograms } = JSON.parse(execFileSync(findPython(), [script, run], { encoding: 'utf8' }))
  for (const [tag, events] of Object.entries(scalars))
    for (const [time] of events) assert(time >= started && time <= Date.now() / 1000, tag)

  const epochs = metrics.filter(({ kind }) => kind === 'epoch')
  const valuesOf = (tag) => scalars[tag].map(([, step, value]) => [step, value])
  const wanted = {
    'train/loss': ({ train }) => train.loss,
    'train/loss of teacher0': ({ train }) => train.parts.teacher0,
    'validation/top1': ({ validation }) => validation.top1,
    'run/learningRate': ({ learningRate }) => learningRate,
  }
  for (const [tag, of] of Object.entries(wanted))
    assert.deepEqual(
      valuesOf(tag),
      epochs.map((line) => [line.epoch, Math.fround(of(line))]),
      tag,
    )

  const updates = metrics.filter(({ kind }) => kind === 'mixing')
  assert(updates.length > 1)
  for (const term of ['label', 'teacher0']) {
    const found = histograms[`mixing/${term}`]
    assert.deepEqual(
      found.map(({ step, counts }) => [step, counts]),
      updates.map(({ epoch, weights }) => [epoch, weights[term].histogram.counts]),
      term,
    )
  }
  const [tags, spreads] = [Object.keys(scalars), Object.keys(histograms)]
  console.log(
    `TensorBoard reads ${tags.length} scalars over ${epochs.length} epochs (${tags.join(', ')}) and ${spreads.length} histograms over ` +
      `${updates.length} updates (${spreads.join(', ')}) of a run that was interrupted once: each once, all equal`,
  )
} finally {
  rmSync(folder, { recursive: true })
}

async function distilInTwoParts(out) {
  const config = {
    dataset: { name: 'digits', take: { train: 200, test: 40 } },
    teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 2 } }],
    student: { model: { name: 'mlp', hiddenUnits: [8] } },
    method: { name: 'adaptive-mixing', variant: 'alm-kd', warmUpEpochs: 1, every: 1 },
    training: { epochs: 6 },
    engine: 'cpu',
  }
  const controller = new AbortController()
  const first = await runDistillation(config, {
    out,
    signal: controller.signal,
    onProgress: ({ kind, who, metrics }) => {
      if (kind === 'epoch' && who === 'student' && metrics.epoch === 2) controller.abort()
    },
  })
  assert.equal(first.ended, 'aborted')
  const { ended } = await runDistillation(config, { out, resume: true })
  assert.equal(ended, 'epochs')
}

function findPython() {
  if (process.env['KD_TENSORBOARD_PYTHON']) return process.env['KD_TENSORBOARD_PYTHON']
  const environment = join(folder, 'venv')
  console.log('installing TensorBoard from PyPI …')
  execFileSync('python3', ['-m', 'venv', environment])
  const python = join(environment, 'bin/python')
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'tensorboard==2.21.0'], { stdio: 'inherit' })
  return python
}
