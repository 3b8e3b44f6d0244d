/**
 * Shows that the real TensorBoard reads the event files of @kd/report: `npm run test:tensorboard`. Makes a virtual environment with
 * TensorBoard from PyPI in a temporary folder, or takes the Python named by KD_TENSORBOARD_PYTHON. Not part of CI: it needs PyPI.
 */
import { eventFileHeader, eventRecord } from '@kd/report'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'kd-tensorboard-'))
try {
  const started = Date.now() / 1000
  const events = Array.from({ length: 50 }, (_, epoch) => ({
    wallTime: started + epoch,
    step: epoch,
    scalars: { 'train/loss': Math.fround(1 / (epoch + 1)), 'validation/top1': Math.fround(1 - 0.9 ** epoch) },
  }))
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  writeFileSync(
    join(logs, `events.out.tfevents.${Math.floor(started)}.kd`),
    Buffer.concat([eventFileHeader(started), ...events.map(eventRecord)]),
  )
  const script = fileURLToPath(new URL('read_scalars.py', import.meta.url))
  const found = JSON.parse(execFileSync(findPython(), [script, logs], { encoding: 'utf8' }))
  for (const tag of ['train/loss', 'validation/top1']) {
    const wanted = events.map(({ wallTime, step, scalars }) => [wallTime, step, scalars[tag]])
    assert.deepEqual(found[tag], wanted, tag)
  }
  console.log(
    `TensorBoard reads ${Object.keys(found).join(' and ')}: ${events.length} events each, all equal`,
  )
} finally {
  rmSync(folder, { recursive: true })
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
