/**
 * `npm run test:memory -w @kd/native [-- STEPS]`: 10,000 steps of distillation with flat resident memory; then steps that end in
 * the midst, by a kernel that throws, by Ctrl-C, by the end of a worker thread, after which training goes on as before.
 *
 * Needs the addon and the packages built. Exits with 1 when memory grows or a tensor is left behind.
 */
import { isMainThread, Worker } from 'node:worker_threads'
import { crossEntropy, distill, meanLoss, randomSource, selectEngine, sgd } from '@kd/core'
import { vanillaKd } from '@kd/losses'
import { cifarResnet } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'

const BATCH = 16
const STEPS_PER_EPOCH = 50
/** What the garbage collector may be late with. */
const SLACK_MIB = 16
const steps = Number(process.argv[2] ?? 10_000)

await selectEngine('native')
const options = distillation()
if (isMainThread) await main()
else await distill({ ...options, epochs: 1_000_000 }) // until the main thread ends this one

async function main() {
  const growth = await steadyTraining()
  // What is made at the first failure and the first worker stays; a second round must need no more.
  const before = await interruptions()
  const after = await interruptions()
  const left = after.tensors - before.tensors
  const later = after.mebibytes - before.mebibytes
  console.log(`the second round: ${left} tensors and ${later.toFixed(1)} MiB more`)
  if (growth > SLACK_MIB || later > SLACK_MIB || left !== 0) {
    console.error('memory grew')
    process.exitCode = 1
  }
}

async function interruptions() {
  await interrupt('a kernel that throws', 100, throwingStep)
  await interrupt('Ctrl-C', 20, signalledStep)
  await interrupt('the end of a worker', 10, endedWorker)
  await distill({ ...options, epochs: 20 })
  return { tensors: tf.memory().numTensors, mebibytes: residentMebibytes() }
}

/** @returns how much more MiB the second half of the steps needed than the first, without its warm-up */
async function steadyTraining() {
  const samples = []
  let taken = 0
  const onStep = () => {
    taken += 1
    if (taken % (steps / 100) === 0) samples.push(residentMebibytes())
    if (taken % (steps / 10) === 0) {
      const { numTensors, numBytesInPool } = tf.memory()
      const pool = (numBytesInPool / 2 ** 20).toFixed(1)
      console.log(`step ${taken}: ${samples.at(-1).toFixed(1)} MiB, pool ${pool} MiB, ${numTensors} tensors`)
    }
  }
  await distill({ ...options, epochs: steps / STEPS_PER_EPOCH, callbacks: { onStep } })
  const middle = (from, to) => samples.slice(from, to).sort((a, b) => a - b)[(to - from) >> 1]
  const growth = middle(60, 100) - middle(20, 60)
  console.log(
    `steps ${steps * 0.6} to ${steps} against ${steps * 0.2} to ${steps * 0.6}: ${growth.toFixed(1)} MiB`,
  )
  return growth
}

async function interrupt(how, times, once) {
  for (let time = 0; time < times; time++) await once()
  console.log(
    `${times} times ${how}: ${residentMebibytes().toFixed(1)} MiB, ${tf.memory().numTensors} tensors`,
  )
}

/** The gradient calls a kernel with labels out of range, which the C++ side refuses. */
async function throwingStep() {
  const failing = tf.customGrad((logits) => ({
    value: tf.clone(logits),
    gradFunc: () => crossEntropy(tf.zeros([BATCH, 3]), tf.fill([BATCH], 3, 'int32')),
  }))
  const method = {
    name: 'failing',
    loss: ({ studentLogits, labels }) => meanLoss({ label: crossEntropy(failing(studentLogits), labels) }),
  }
  const error = await distill({ ...options, method }).catch((reason) => reason)
  if (!/labels must be in/.test(String(error))) throw new Error(`the step must fail, got ${String(error)}`)
}

async function signalledStep() {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  const onStep = ({ step }) => {
    if (step === 3) process.kill(process.pid, 'SIGINT')
  }
  const { ended } = await distill({
    ...options,
    epochs: 1000,
    signal: controller.signal,
    callbacks: { onStep },
  })
  if (ended !== 'aborted') throw new Error(`the signal must end the run, got ${ended}`)
}

async function endedWorker() {
  const worker = new Worker(new URL(import.meta.url))
  await new Promise((resolve) => worker.once('online', resolve))
  // Long enough for it to be among its steps, which a main thread that trains as well makes likely to be kernels.
  const end = setTimeout(() => void worker.terminate(), 1500)
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  await distill(options)
  await exit
  clearTimeout(end)
}

function distillation() {
  const random = randomSource(1)
  const examples = BATCH * STEPS_PER_EPOCH
  const train = {
    inputs: Float32Array.from({ length: examples * 768 }, () => random.normal()),
    labels: Int32Array.from({ length: examples }, (_, row) => row % 10),
    ids: Int32Array.from({ length: examples }, (_, row) => row),
  }
  const model = (seed) => cifarResnet({ depth: 8, classes: 10, inputShape: [16, 16, 3], seed })
  return {
    student: model(1),
    teachers: [model(2)],
    method: vanillaKd(),
    dataset: {
      name: 'noise',
      inputShape: [16, 16, 3],
      classNames: Array.from('abcdefghij'),
      normalization: { mean: [0], standardDeviation: [1] },
      train,
      test: train,
    },
    epochs: 1,
    batchSize: BATCH,
    optimizer: sgd(),
    learningRate: 0.01,
  }
}

function residentMebibytes() {
  return process.memoryUsage.rss() / 2 ** 20
}
