/**
 * Holds an engine against the cpu engine: node check-engine.mjs ENGINE [MODEL...]
 *
 * Gradients of an MLP, a CNN and ResNet-8 on the same weights and batch, to 1e-4 of the largest entry of each; 50 training
 * steps, in which the loss has to fall and the number of tensors has to stay. The tests in this folder run it in projects of
 * their own, where it finds the installed packages.
 */
import { crossEntropy, selectEngine, sgd } from '@kd/core'
import { cifarResnet, mlp, smallCnn } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'

const tolerance = 1e-4
const classes = 10
const models = {
  MLP: { shape: [8, 8, 1], make: (shared) => mlp({ ...shared, hiddenUnits: [64, 32] }) },
  CNN: { shape: [14, 14, 1], make: (shared) => smallCnn({ ...shared }) },
  'ResNet-8': { shape: [32, 32, 3], make: (shared) => cifarResnet({ ...shared, depth: 8 }) },
}

const makeModel = ({ shape, make }) => make({ inputShape: shape, classes, seed: 1 })

function makeBatch(shape, size) {
  const inputs = tf.randomNormal([size, ...shape], 0, 1, 'float32', 7)
  return { inputs, labels: tf.tensor1d(Int32Array.from({ length: size }, (_, row) => row % classes)) }
}

/** The loss and its gradients, in the order of the model's weights, to be disposed. */
function lossAndGradients(model, { inputs, labels }) {
  const variables = model.trainableWeights.map((weight) => weight.read())
  const run = () => tf.mean(crossEntropy(model.apply(inputs, { training: true }), labels))
  const { value, grads } = tf.variableGrads(run, variables)
  return { variables, loss: value, gradients: variables.map(({ name }) => grads[name]) }
}

/** Gradients of one batch as plain arrays. */
async function gradientsOn(engine, entry) {
  await selectEngine(engine)
  const model = makeModel(entry)
  const batch = makeBatch(entry.shape, 4)
  const { loss, gradients } = lossAndGradients(model, batch)
  const values = await Promise.all([loss, ...gradients].map((tensor) => tensor.data()))
  model.dispose()
  tf.dispose([batch, loss, gradients])
  return values.map((array) => Float32Array.from(array))
}

/** The largest difference of a tensor, relative to its largest entry; of all tensors the worst. */
function worstDifference(actual, wanted) {
  return Math.max(
    ...wanted.map((tensor, index) => {
      const largest = tensor.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      return tensor.reduce((most, value, at) => {
        const difference = Math.abs(value - actual[index][at])
        // Written so that NaN comes through.
        return difference <= most * largest ? most : difference / largest
      }, 0)
    }),
  )
}

/** 50 steps on one batch: its loss before and after, and how many tensors were left behind. */
async function trainOn(engine, entry) {
  await selectEngine(engine)
  const model = makeModel(entry)
  const batch = makeBatch(entry.shape, 8)
  const optimizer = sgd({ momentum: 0.9 }).start()
  const step = async () => {
    const { variables, loss, gradients } = lossAndGradients(model, batch)
    optimizer.step(variables, gradients, 0.02)
    const [value] = await loss.data()
    tf.dispose([loss, gradients])
    return value
  }
  const before = await step()
  const tensors = tf.memory().numTensors
  let after = before
  for (let count = 1; count < 50; count++) after = await step()
  const left = tf.memory().numTensors - tensors
  optimizer.dispose()
  model.dispose()
  tf.dispose(batch)
  return { before, after, left }
}

async function main() {
  const [engine, ...chosen] = process.argv.slice(2)
  const { name, backend, version } = await selectEngine(engine)
  console.log(`engine ${name}, backend ${backend}, version ${version}, Node ${process.versions.node}`)
  let failures = 0
  const check = (good, text) => {
    console.log(`${good ? 'ok  ' : 'FAIL'} ${text}`)
    if (!good) failures++
  }
  for (const [title, entry] of Object.entries(models)) {
    if (chosen.length > 0 && !chosen.includes(title)) continue
    const difference = worstDifference(await gradientsOn(engine, entry), await gradientsOn('cpu', entry))
    check(
      difference <= tolerance,
      `${title}: gradients differ from the cpu engine's by at most ${difference.toExponential(1)}`,
    )
    if (title === 'ResNet-8') continue
    const { before, after, left } = await trainOn(engine, entry)
    check(after < before / 2, `${title}: 50 steps, loss ${before.toFixed(3)} to ${after.toFixed(3)}`)
    check(left === 0, `${title}: 50 steps left ${left} tensors behind`)
  }
  process.exitCode = failures > 0 ? 1 : 0
}

void main()
