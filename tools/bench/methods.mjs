// Time per training step of each method against vanilla KD, in one run: `npm run bench:methods`.
//
// Every method trains the same small student (MLP 784-256-256-100) on the same random batches of 128 examples, logits
// [128, 100], on each engine that loads. Methods take turns, so that a change in the machine's speed hits all of them; the
// ratio is the median over rounds of (step of the method / step of vanilla KD in the same round). The step of a run is the
// lower quartile of its steps: those that no other program on the machine interrupted.
import { parseArgs } from 'node:util'
import { distill, isMethodFactory, labelLoss, probeEngines, randomSource, selectEngine, sgd } from '@kd/core'
import * as losses from '@kd/losses'
import { adaptiveMixing } from '@kd/meta-mixing'
import { mlp } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { median, quantile } from 'simple-statistics'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    steps: { type: 'string', default: '24' },
    engine: { type: 'string', multiple: true },
    method: { type: 'string', multiple: true },
  },
})
const ROUNDS = Number(options.rounds)
const STEPS = Number(options.steps)
const WARM_UP = 3
const BATCH = 128
const CLASSES = 100
const INPUTS = 784
const TARGET = 1.05

/** All methods of the package by name, so that a new one is measured without an edit here; then other forms and other packages'. */
const described = Object.values(losses).filter(isMethodFactory)
const factories = {
  'label-loss': labelLoss,
  ...Object.fromEntries(described.map((factory) => [factory.name, factory])),
  'label-revision (kl)': () => losses.labelRevision({ loss: 'kl' }),
  'adaptive-mixing': adaptiveMixing,
}
const wanted = new Set(['vanilla-kd', ...(options.method ?? Object.keys(factories))])
const methods = Object.entries(factories).filter(([name]) => wanted.has(name))

function randomDataset() {
  const random = randomSource(1)
  const split = (examples) => ({
    inputs: Float32Array.from({ length: examples * INPUTS }, () => random.normal()),
    labels: Int32Array.from({ length: examples }, () => random.integer(CLASSES)),
    ids: Int32Array.from({ length: examples }, (_, row) => row),
  })
  return {
    name: 'random',
    inputShape: [INPUTS],
    classNames: Array.from({ length: CLASSES }, (_, label) => `${label}`),
    normalization: { mean: [0], standardDeviation: [1] },
    train: split(BATCH * (STEPS + WARM_UP)),
    // For methods that ask for one; no step sees it.
    validation: split(BATCH),
  }
}

/** Milliseconds of one undisturbed step in a run of one epoch. */
async function stepTime(factory, dataset, teacher) {
  const student = mlp({ inputShape: [INPUTS], hiddenUnits: [256, 256], classes: CLASSES, seed: 1 })
  const times = []
  let last
  await distill({
    student,
    teachers: [teacher],
    method: factory(),
    dataset,
    epochs: 1,
    batchSize: BATCH,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.01,
    callbacks: {
      onStep() {
        const now = performance.now()
        if (last !== undefined) times.push(now - last)
        last = now
      },
    },
  })
  student.dispose()
  return quantile(times.slice(WARM_UP - 1), 0.25)
}

async function benchEngine(name, rounds) {
  await selectEngine(name)
  const dataset = randomDataset()
  const projection = tf.randomNormal([INPUTS, CLASSES], 0, 0.1, 'float32', 7)
  const teacher = (inputs) => tf.matMul(inputs, projection)
  const times = new Map(methods.map(([method]) => [method, []]))
  for (let round = 0; round <= rounds; round++) {
    // Round 0 warms up. Each round begins elsewhere, so that no method always follows the same one.
    for (let turn = 0; turn < methods.length; turn++) {
      const [method, factory] = methods[(turn + round) % methods.length]
      const time = await stepTime(factory, dataset, teacher)
      if (round > 0) times.get(method).push(time)
    }
    process.stderr.write(`\r${name}: round ${round} of ${rounds} `)
  }
  process.stderr.write('\n')
  tf.dispose(projection)
  const baseline = times.get('vanilla-kd')
  return methods.map(([method]) => ({
    engine: name,
    method,
    milliseconds: median(times.get(method)),
    ratio: median(times.get(method).map((time, round) => time / baseline[round])),
  }))
}

const engines = (await probeEngines()).filter(({ loads }) => loads).map(({ name }) => name)
for (const engine of options.engine ?? engines) {
  // The reference engine takes a hundred times as long per step.
  const rows = await benchEngine(engine, engine === 'cpu' ? Math.min(3, ROUNDS) : ROUNDS)
  console.log(
    `\nengine ${engine}: one step at logits [${BATCH}, ${CLASSES}], MLP ${INPUTS}-256-256-${CLASSES}`,
  )
  for (const { method, milliseconds, ratio } of rows) {
    const judged = /^(label-revision|weighted-soft-labels|adaptive-mixing)/.test(method)
    const verdict = judged ? (ratio <= TARGET ? `  (at most ${TARGET})` : `  MORE THAN ${TARGET}`) : ''
    console.log(
      `${method.padEnd(30)} ${milliseconds.toFixed(3).padStart(9)} ms  ${ratio.toFixed(3)}x${verdict}`,
    )
  }
}
