/**
 * This side of `npm run bench:engines`, `engine-worker.mjs ROW ENGINE [--time-kernels]`, a process for one row. Each line of
 * standard input is a request, {"steps": 10}; each line of output the milliseconds of every step and the processor's
 * milliseconds of all of them, and with --time-kernels the milliseconds that every step spent in the native engine's C++.
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [row, engineName, ...flags] = process.argv.slice(2)
let inKernels = 0
if (flags.includes('--time-kernels')) timeKernels()

const { selectEngine } = await import('@kd/core')
const tf = await import('@tensorflow/tfjs-core')
const { rows } = await import('./engine-rows.mjs')
const engine = await selectEngine(engineName)
const { title, prepare } = rows[row]
const { step, operations, models } = prepare()
const parameters = models.reduce(
  (sum, model) => sum + model.trainableWeights.reduce((size, weight) => size + product(weight.shape), 0),
  0,
)
answer({ version: `${engine.name} ${engine.version}`, title, operations, parameters })

for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line)
  const times = []
  const kernels = []
  const used = process.cpuUsage()
  for (let count = 0; count < steps; count++) {
    inKernels = 0
    const start = performance.now()
    step()
    settle()
    times.push(performance.now() - start)
    kernels.push(inKernels)
  }
  const { user, system } = process.cpuUsage(used)
  answer({ times, kernels, cpu: (user + system) / 1000, peak: peakMegabytes() })
}

/** The native engine computes when somebody looks at a result. */
function settle() {
  tf.backend().settle?.()
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

function product(shape) {
  return shape.reduce((result, size) => result * size, 1)
}

/** The most memory that this process ever had resident. */
function peakMegabytes() {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024 // not Linux
  }
}

/** Wraps the functions of any addon that is loaded from now on. */
function timeKernels() {
  const load = process.dlopen
  process.dlopen = (module, ...rest) => {
    load(module, ...rest)
    for (const [name, kernel] of Object.entries(module.exports)) {
      module.exports[name] = (...args) => {
        const start = performance.now()
        const result = kernel(...args)
        inKernels += performance.now() - start
        return result
      }
    }
  }
}
