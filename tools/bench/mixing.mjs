// What one update of the mixing weights costs, in one run: `npm run bench:mixing`.
//
// 45,000 examples x 100 classes x 64 features and two terms, in the groups and with the repeats of AMAL on CIFAR-100. Measured on the
// engine at hand: the method's own beforeEpoch without the student's and teacher's forward passes (they are part of the ResNet's
// time below), at a quarter, half and all of the examples, so that growth shows; the same in PyTorch where Debian's or another
// python3 has it; and an epoch of ResNet-8 on 45,000 CIFAR images, from the time of some of its steps.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { classification, randomSource, selectEngine, sgd, startMethod, train } from '@kd/core'
import { adaptiveMixing } from '@kd/meta-mixing'
import { cifarResnet } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { medianSorted } from 'simple-statistics'

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string' },
    examples: { type: 'string', default: '45000' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '4' },
    threads: { type: 'string', default: process.env.KD_NATIVE_THREADS ?? '1' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
})
const EXAMPLES = Number(options.examples)
const ROUNDS = Number(options.rounds)
const STEPS = Number(options.steps)
const CLASSES = 100
const DEPTH = 64
const HELD_OUT = 1000
const BATCH = 128
const GROUP = 3 * BATCH
const REPEATS = 5
const TARGET = 0.1

const median = (numbers) => medianSorted([...numbers].sort((a, b) => a - b))
const random = randomSource(1)

/** Seconds on the wall and of this process's processors: the first also measures the neighbours on a shared machine. */
function clocks() {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now() / 1000, processor: (user + system) / 1e6 }
}

function since(started) {
  const now = clocks()
  return { wall: now.wall - started.wall, processor: now.processor - started.processor }
}

const medians = (times) => ({
  wall: median(times.map(({ wall }) => wall)),
  processor: median(times.map(({ processor }) => processor)),
})

function normals(length, make = (value) => value) {
  return Float32Array.from({ length }, () => make(random.normal()))
}

function table(examples) {
  return {
    features: normals(examples * DEPTH, (value) => Math.max(0, value)),
    studentLogits: normals(examples * CLASSES),
    teacherLogits: normals(examples * CLASSES),
    labels: Int32Array.from({ length: examples }, () => random.integer(CLASSES)),
  }
}

/** The context of an update, with tables in place of student and teacher. */
function tableContext(examples, task) {
  const splits = { train: table(examples), validation: table(HELD_OUT) }
  const ids = Int32Array.from({ length: examples }, (_, id) => id)
  return {
    epoch: 10,
    epochs: 200,
    learningRate: 0.1,
    learningRateOf: () => 0.1,
    idLimit: examples,
    train: { ids, labels: splits.train.labels },
    random: randomSource(2),
    note() {},
    async forEachBatch(split, visit, { batchSize = 250 } = {}) {
      const { features, studentLogits, teacherLogits, labels } = splits[split]
      for (let from = 0; from < labels.length; from += batchSize) {
        const to = Math.min(from + batchSize, labels.length)
        const cut = (values, width) =>
          tf.tensor2d(values.subarray(from * width, to * width), [to - from, width])
        const ids = Int32Array.from({ length: to - from }, (_, row) => from + row)
        const batch = {
          labels: tf.tensor1d(labels.subarray(from, to), 'int32'),
          studentLogits: cut(studentLogits, CLASSES),
          teacherLogits: [cut(teacherLogits, CLASSES)],
          studentFeatures: { penultimate: cut(features, DEPTH) },
          teacherFeatures: [{}],
        }
        await visit({ ...batch, task, ids, epoch: 10, views: {} })
        tf.dispose(batch)
      }
    },
  }
}

async function updateSeconds(examples) {
  const task = classification({ outputs: CLASSES })
  const context = tableContext(examples, task)
  const method = adaptiveMixing({
    groupBatches: GROUP / BATCH,
    repeats: REPEATS,
    validationBatchSize: HELD_OUT,
  })
  const running = startMethod(method, {
    task,
    student: { logits: [CLASSES], features: { penultimate: [DEPTH] } },
    teachers: [{ logits: [CLASSES], features: {} }],
    batchSize: BATCH,
    epochs: context.epochs,
    train: context.train,
    random: context.random,
  })
  const times = []
  for (let round = 0; round <= ROUNDS; round++) {
    const started = clocks()
    await running.beforeEpoch(context)
    if (round > 0) times.push(since(started))
  }
  return medians(times)
}

/** Of an epoch over 45,000 images, from some steps after the first. */
async function resnetSeconds() {
  const images = BATCH * (STEPS + 1)
  const model = cifarResnet({ depth: 8, classes: CLASSES, seed: 1 })
  const times = []
  let last
  await train({
    model,
    dataset: {
      name: 'random images',
      inputShape: [32, 32, 3],
      classNames: Array.from({ length: CLASSES }, (_, label) => `${label}`),
      normalization: { mean: [0], standardDeviation: [1] },
      train: {
        inputs: normals(images * 32 * 32 * 3),
        labels: Int32Array.from({ length: images }, () => random.integer(CLASSES)),
        ids: Int32Array.from({ length: images }, (_, id) => id),
      },
    },
    epochs: 1,
    batchSize: BATCH,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.01,
    callbacks: {
      onStep() {
        if (last !== undefined) times.push(since(last))
        last = clocks()
      },
    },
  })
  const { wall, processor } = medians(times)
  return { wall: (wall * EXAMPLES) / BATCH, processor: (processor * EXAMPLES) / BATCH }
}

function torchSeconds(threads) {
  const sizes = {
    examples: EXAMPLES,
    classes: CLASSES,
    depth: DEPTH,
    group: GROUP,
    heldOut: HELD_OUT,
    repeats: REPEATS,
    rounds: ROUNDS,
    threads,
  }
  const script = new URL('./mixing_update.py', import.meta.url).pathname
  const { status, stdout } = spawnSync(options.python, [script], {
    input: JSON.stringify(sizes),
    encoding: 'utf8',
  })
  return status === 0 ? JSON.parse(stdout) : undefined
}

const { name: engine } = await selectEngine(options.engine)
console.log(
  `engine ${engine}: ${EXAMPLES} x ${CLASSES} classes x ${DEPTH} features, 2 terms, groups of ${GROUP}, ${HELD_OUT} held out, ${REPEATS} repeats`,
)
const figures = ({ wall, processor }) => `${wall.toFixed(2)} s, processor ${processor.toFixed(2)} s`
let whole
for (const share of [0.25, 0.5, 1]) {
  const examples = Math.round(share * EXAMPLES)
  whole = await updateSeconds(examples)
  const each = (1e6 * whole.processor) / examples
  console.log(`${examples} examples: ${figures(whole)}, ${each.toFixed(1)} µs an example`)
}
const epoch = await resnetSeconds()
const ratio = whole.processor / epoch.processor
const verdict = ratio <= TARGET ? `at most ${TARGET}` : `MORE THAN ${TARGET}`
console.log(`an epoch of ResNet-8: ${figures(epoch)}; the update is ${ratio.toFixed(3)} of it (${verdict})`)
const torch = torchSeconds(Number(options.threads))
console.log(
  torch === undefined
    ? `PyTorch: not in ${options.python}`
    : `PyTorch ${torch.version}, ${options.threads} threads: ${figures(torch)}; ours takes ${(whole.processor / torch.processor).toFixed(2)} of its processor time`,
)
