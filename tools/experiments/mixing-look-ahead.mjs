// What looking ahead through the last layer only costs, for packages/meta-mixing/README.md:
//
//     npm run build && node tools/experiments/mixing-look-ahead.mjs --engine native
//
// AMAL on the hypercube of mixing-synthetic.mjs at 40 % label noise, the same student by either look-ahead: test accuracy at the epoch
// best on the validation split, the area under the curve with which the label's weight tells wrong labels from right, and the
// processor's seconds of an update, forward passes over both splits included.
import { parseArgs } from 'node:util'
import { cosineDecay, distill, evaluate, selectEngine, sgd, train, wrapMethod } from '@kd/core'
import { corruptLabels, makeClassification, splitDataset } from '@kd/datasets'
import { adaptiveMixing, mixingSummary } from '@kd/meta-mixing'
import { mlp } from '@kd/models'
import { mean } from 'simple-statistics'
import { figure, pairedTest } from './paired-test.mjs'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '100' },
    rate: { type: 'string', default: '0.4' },
    engine: { type: 'string' },
  },
})

function recipe(dataset, seed) {
  const optimizer = sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 })
  const learningRate = cosineDecay({ initial: 0.01 })
  return { dataset, epochs: Number(options.epochs), batchSize: 128, optimizer, learningRate, seed }
}

const network = (units, seed) => mlp({ inputShape: [14], hiddenUnits: [units], classes: 20, seed })

const processorSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function oneRun(dataset, teacher, seed, lookAhead) {
  let updates = 0
  let seconds = 0
  const mixing = adaptiveMixing({ preset: 'synthetic', lookAhead })
  const timed = wrapMethod(mixing, {
    name: mixing.name,
    start: (_, inner) => ({
      async beforeEpoch(context) {
        const [started, before] = [processorSeconds(), updates]
        // An update is what is noted.
        await inner.beforeEpoch({ ...context, note: () => updates++ })
        if (updates > before) seconds += processorSeconds() - started
      },
    }),
  })
  const student = network(60, seed)
  const run = { ...recipe(dataset, seed), student, teachers: [teacher], method: timed }
  const { best, examples } = await distill(run)
  best.restore()
  const { top1 } = await evaluate(student, dataset)
  const { labels, cleanLabels } = dataset.train
  const { labelWeight } = mixingSummary({ values: examples, labels, cleanLabels })
  return { test: 100 * top1, area: labelWeight.noise.wrongBelowRight, seconds: seconds / updates }
}

const { name: engine } = await selectEngine(options.engine)
const runs = { 'last-layer': [], network: [] }
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const clean = splitDataset(makeClassification({ seed }), { validation: 0.1, seed })
  const dataset = corruptLabels(clean, { kind: 'symmetric', rate: Number(options.rate), seed })
  const teacher = network(80, seed + 1000)
  const { best } = await train({ ...recipe(dataset, seed), model: teacher })
  best.restore()
  for (const [lookAhead, found] of Object.entries(runs)) {
    found.push(await oneRun(dataset, teacher, seed, lookAhead))
    process.stderr.write(`seed ${seed}, ${lookAhead}: ${JSON.stringify(found.at(-1))}\n`)
  }
}
console.log(`engine ${engine}, ${options.seeds} seeds, ${options.epochs} epochs, noise ${options.rate}\n`)
console.log('| look-ahead | test accuracy, % | p, paired t | AUC | seconds of an update |')
console.log('| ---------- | ---------------- | ----------- | --- | -------------------- |')
const tests = (found) => found.map(({ test }) => test)
for (const [lookAhead, found] of Object.entries(runs)) {
  const p = lookAhead === 'network' ? pairedTest(tests(found), tests(runs['last-layer'])) : ''
  const [area, seconds] = ['area', 'seconds'].map((key) => mean(found.map((run) => run[key])).toFixed(3))
  console.log(`| ${[lookAhead, figure(tests(found)), p, area, seconds].join(' | ')} |`)
}
