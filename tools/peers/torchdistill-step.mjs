/**
 * One update of a student by torchdistill and by the methods here: same weights, same batch, the loss before and after it.
 *
 *     python3 -m venv .venv/peers && .venv/peers/bin/pip install torch torchdistill
 *     node tools/peers/torchdistill-step.mjs [python]      # default .venv/peers/bin/python
 *
 * It ends with an error where a loss differs by more than 1e-5 of itself.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { distill, selectEngine, sgd } from '@kd/core'
import * as features from '@kd/features'
import { vanillaKd } from '@kd/losses'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'

const LIMIT = 1e-5
const python = process.argv[2] ?? '.venv/peers/bin/python'
const stages = { studentFeatures: ['stage1', 'stage2'], teacherFeatures: ['stage1', 'stage2'] }
const all = ['stage1', 'stage2', 'penultimate']
const last = { studentFeature: 'stage2', teacherFeature: 'stage2' }

/** Each with the options that say what torchdistill computes. */
const methods = {
  KD: vanillaKd({ temperature: 4, softLossWeight: 0.9, hardLossWeight: 1 }),
  FitNet: features.fitnetHint(last),
  AT: features.attentionTransfer(stages),
  // torchdistill divides rows by their sum of magnitudes, the paper by their length.
  SP: features.similarityPreserving({ ...last, rowLength: 'l1' }),
  RKD: features.relationalKnowledge({}),
  PKT: features.probabilisticTransfer({}),
  VID: features.variationalInformation(stages),
  ICKD: features.channelCorrelation({
    ...last,
    embedding: '3x3',
    scale: 'batch-squared',
    featureWeight: 100,
  }),
  ReviewKD: features.knowledgeReview({ studentFeatures: all, teacherFeatures: all, warmupEpochs: 0 }),
}

function network(weights) {
  const convolution = (filters, name, inputShape) =>
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', name, inputShape })
  const [first, , second] = weights
  const model = sequential({
    layers: [
      convolution(first[0][0][0].length, 'stage1', [8, 8, 3]),
      layers.averagePooling2d({ poolSize: 2 }),
      convolution(second[0][0][0].length, 'stage2'),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 5 }),
    ],
  })
  model.setWeights(weights.map((values) => tf.tensor(values)))
  return model
}

/** The method with the variables that torchdistill began with. */
function startedWith(method, values) {
  return {
    ...method,
    start(run) {
      const running = method.start(run)
      const names = Object.keys(running.variables ?? {}).sort()
      if (names.join() !== Object.keys(values).sort().join())
        throw new Error(
          `${method.name} has the variables ${names.join(', ')}, torchdistill ${Object.keys(values).join(', ')}`,
        )
      for (const name of names) running.variables[name].assign(tf.tensor(values[name]))
      return running
    },
  }
}

async function lossesHere(method, { inputs, labels, rate }, { student, teacher, method: variables }) {
  const ids = Int32Array.from(labels, (_, row) => row)
  const train = { inputs: Float32Array.from(inputs.flat(3)), labels: Int32Array.from(labels), ids }
  const dataset = {
    name: 'noise',
    inputShape: [8, 8, 3],
    classNames: ['a', 'b', 'c', 'd', 'e'],
    normalization: { mean: [0], standardDeviation: [1] },
    train,
  }
  const { history } = await distill({
    student: network(student),
    teachers: [network(teacher)],
    method: startedWith(method, variables),
    dataset,
    epochs: 2,
    batchSize: labels.length,
    optimizer: sgd(),
    learningRate: rate,
  })
  return history.map(({ train: { loss } }) => loss)
}

const script = fileURLToPath(new URL('torchdistill_step.py', import.meta.url))
const { status, stdout, stderr, error } = spawnSync(python, [script], { encoding: 'utf8', maxBuffer: 1e9 })
if (status !== 0) throw new Error(`${python} must run ${script}, got ${stderr ?? error}`)
const peer = JSON.parse(stdout)
const engine = await selectEngine(process.env.KD_ENGINE)
const rows = []
for (const [name, method] of Object.entries(methods)) {
  const expected = peer.methods[name].losses
  const found = await lossesHere(method, peer, peer.methods[name])
  const difference = Math.max(...found.map((loss, index) => Math.abs(loss / expected[index] - 1)))
  rows.push({
    method: name,
    before: expected[0],
    after: expected[1],
    'largest difference': difference.toExponential(1),
  })
  if (!(difference <= LIMIT)) process.exitCode = 1
}
console.log(`${peer.versions}; here on the engine ${engine.name}`)
console.table(rows)
