// How well influence through the last layer agrees with influence through all weights: digits with 20 % symmetric label noise.
//
// An MLP 64-32-10 is trained on the noisy labels; both influences are taken from its weights after an early epoch and after the last
// one, with the same damping. Beside their rank correlation: how well each finds the wrong labels, which get low influence.
import { parseArgs } from 'node:util'
import { normalizedInputs, selectEngine, sgd, train } from '@kd/core'
import { corruptLabels, loadDataset, splitDataset } from '@kd/datasets'
import { mlp } from '@kd/models'
import { lastLayerInfluence, wholeNetworkInfluence } from '@kd/selection'
import * as tf from '@tensorflow/tfjs-core'
import { modelOutputs } from './model-outputs.mjs'
import { areaUnderCurve, deviation, mean, spearman } from './statistics.mjs'

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '5' }, engine: { type: 'string' } },
})
const EPOCHS = [5, 30]
const DAMPINGS = [0.1, 0.01]
const { name: engine } = await selectEngine(options.engine)
const digits = await loadDataset({ name: 'digits' })

async function runSeed(seed) {
  const dataset = corruptLabels(splitDataset(digits, { validation: 0.1, seed }), {
    kind: 'symmetric',
    rate: 0.2,
    seed,
  })
  const isWrong = Array.from(dataset.train.labels, (label, row) => label !== dataset.train.cleanLabels[row])
  const networkExamples = (examples) => {
    const rows = Int32Array.from(examples.labels.keys())
    const inputs = tf.tensor(normalizedInputs(dataset, examples, rows), [rows.length, 8, 8, 1])
    return { inputs, labels: examples.labels }
  }
  const whole = { ...networkExamples(dataset.train), validation: networkExamples(dataset.validation) }
  const model = mlp({ inputShape: dataset.inputShape, hiddenUnits: [32], classes: 10, seed })
  const results = []
  await train({
    model,
    dataset: { ...dataset, validation: undefined },
    epochs: EPOCHS.at(-1),
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.05,
    seed,
    callbacks: {
      async onEpochEnd({ epoch }) {
        if (!EPOCHS.includes(epoch + 1)) return
        const now = await modelOutputs(model, dataset, dataset.train)
        const validation = await modelOutputs(model, dataset, dataset.validation)
        for (const damping of DAMPINGS) {
          const ofLayer = await lastLayerInfluence({ ...now, validation, damping })
          const ofNetwork = await wholeNetworkInfluence({ ...whole, model, damping, batchSize: 2000 })
          results.push({
            name: `| ${epoch + 1} | ${damping} |`,
            correlation: spearman(ofLayer, ofNetwork),
            layerArea: areaUnderCurve(ofLayer, isWrong),
            networkArea: areaUnderCurve(ofNetwork, isWrong),
          })
        }
      },
    },
  })
  tf.dispose([whole.inputs, whole.validation.inputs])
  return results
}

const runs = []
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  runs.push(await runSeed(seed))
  process.stderr.write(`seed ${seed}\n`)
}
console.log(`digits, engine ${engine}, ${runs.length} seeds`)
console.log(
  '| epoch | damping | Spearman | area, last layer | area, all weights |\n| --- | --- | --- | --- | --- |',
)
runs[0].forEach(({ name }, index) => {
  const shown = (part) => {
    const numbers = runs.map((results) => results[index][part])
    return `${mean(numbers).toFixed(3)} ± ${deviation(numbers).toFixed(3)}`
  }
  console.log(`${name} ${shown('correlation')} | ${shown('layerArea')} | ${shown('networkArea')} |`)
})
