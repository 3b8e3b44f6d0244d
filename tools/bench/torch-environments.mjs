/** The PyTorches that `npm run bench:engines` compares with. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The newest on PyPI when the figures of docs/performance.md were taken. */
const REQUIREMENT = 'torch==2.15.0'
const environment = fileURLToPath(new URL('../../.venv/bench', import.meta.url))

/**
 * KD_BENCH_PYTHON if set, else PyPI's PyTorch in a virtual environment that this makes once; and the system's PyTorch, which
 * on Debian is python3-torch. What is not there is left out, with a word on why.
 *
 * @returns the Python interpreters, at most two
 */
export function torchEnvironments() {
  const own = process.env.KD_BENCH_PYTHON ?? pypiTorch()
  return [own, '/usr/bin/python3'].filter((python) => python !== undefined && hasTorch(python))
}

function pypiTorch() {
  const python = `${environment}/bin/python`
  if (existsSync(python) && hasTorch(python)) return python
  console.error(
    `Installing ${REQUIREMENT} in .venv/bench, once: 5.3 GB, because PyPI's wheel comes with CUDA …`,
  )
  rmSync(environment, { recursive: true, force: true })
  const steps = [
    ['python3', '-m', 'venv', environment],
    [python, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', REQUIREMENT],
  ]
  for (const [command, ...rest] of steps) {
    const { status, stderr, error } = spawnSync(command, rest, { encoding: 'utf8' })
    if (status === 0) continue
    console.error(
      `Without PyPI's PyTorch: ${command} ${rest.slice(0, 3).join(' ')} failed:\n${stderr ?? error}`,
    )
    rmSync(environment, { recursive: true, force: true })
    return undefined
  }
  return python
}

function hasTorch(python) {
  return spawnSync(python, ['-c', 'import torch']).status === 0
}
