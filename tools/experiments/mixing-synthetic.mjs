// The authors' controlled experiments on generated data, for the tables of packages/meta-mixing/README.md:
//
//     npm run build && node tools/experiments/mixing-synthetic.mjs --data hypercube --engine native
//
// Settings are those of the authors' code: batches of 128, Nesterov momentum 0.9, learning rate falling by a cosine, weight
// decay 5e-4. Labels of the training split are corrupted (symmetric), those held out stay clean. A seed draws the data, the
// split, the noise and both networks. The teacher learns from the same corrupted labels. Every accuracy is that of the test
// split at the epoch best on the validation split; the best fixed weight is chosen on the validation split for each seed, weight
// 0 (cross-entropy alone) included. For blobs the authors' networks are not known to us: they have the spiral's.
import { parseArgs } from 'node:util'
import { cosineDecay, distill, evaluate, labelLoss, selectEngine, sgd, train } from '@kd/core'
import { corruptLabels, makeBlobs, makeClassification, makeSpiral, splitDataset } from '@kd/datasets'
import { vanillaKd } from '@kd/losses'
import { adaptiveMixing, mixingSummary } from '@kd/meta-mixing'
import { mlp } from '@kd/models'
import { mean } from 'simple-statistics'
import { figure, pairedTest } from './paired-test.mjs'

const EXPERIMENTS = {
  hypercube: { make: makeClassification, teacherUnits: 80, studentUnits: 60, epochs: 100, initial: 0.01 },
  spiral: { make: makeSpiral, teacherUnits: 100, studentUnits: 25, epochs: 150, initial: 0.1 },
  blobs: { make: makeBlobs, teacherUnits: 100, studentUnits: 25, epochs: 100, initial: 0.01 },
}

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: 'hypercube' },
    seeds: { type: 'string', default: '10' },
    epochs: { type: 'string' },
    rates: { type: 'string', default: '0,0.2,0.4,0.6' },
    grid: { type: 'string', default: '0.3,0.6,0.9' },
    engine: { type: 'string' },
  },
})
const EXPERIMENT = EXPERIMENTS[options.data]
const SEEDS = Number(options.seeds)
const EPOCHS = Number(options.epochs ?? EXPERIMENT.epochs)
const RATES = options.rates.split(',').map(Number)
const GRID = options.grid.split(',').map(Number)
const BASELINE = 'best fixed weight'

function recipe(dataset, seed) {
  const learningRate = cosineDecay({ initial: EXPERIMENT.initial })
  const optimizer = sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 })
  return { dataset, epochs: EPOCHS, batchSize: 128, optimizer, learningRate, seed }
}

function network({ inputShape, classNames }, units, seed) {
  return mlp({ inputShape, hiddenUnits: [units], classes: classNames.length, seed })
}

/** Trains one student; accuracies in per cent at the epoch best on the validation split, and what the method did to single examples. */
async function accuracies(dataset, teacher, method, seed) {
  const student = network(dataset, EXPERIMENT.studentUnits, seed)
  const run = recipe(dataset, seed)
  const { best, examples } = await distill({ ...run, student, teachers: [teacher], method })
  best.restore()
  const { top1 } = await evaluate(student, dataset)
  student.dispose()
  return { validation: 100 * best.validation.top1, test: 100 * top1, examples }
}

async function oneSeed(rate, seed) {
  const clean = splitDataset(EXPERIMENT.make({ seed }), { validation: 0.1, seed })
  const dataset = corruptLabels(clean, { kind: 'symmetric', rate, seed })
  const teacher = network(dataset, EXPERIMENT.teacherUnits, seed + 1000)
  const run = recipe(dataset, seed)
  const { best } = await train({ ...run, model: teacher })
  best.restore()
  const result = { teacher: 100 * (await evaluate(teacher, dataset)).top1 }

  const fixed = [await accuracies(dataset, teacher, labelLoss(), seed)]
  result['cross-entropy'] = fixed[0].test
  for (const weight of GRID) {
    const method = vanillaKd({ softLossWeight: weight, hardLossWeight: 1 - weight })
    fixed.push(await accuracies(dataset, teacher, method, seed))
  }
  result['KD, weight 0.9'] = fixed[1 + GRID.indexOf(0.9)].test
  result[BASELINE] = fixed.reduce((best, each) => (each.validation > best.validation ? each : best)).test

  const learned = {
    'ALM-KD': { preset: 'almKd', groupBatches: 2 },
    AMAL: { preset: 'synthetic' },
  }
  const separation = {}
  for (const [name, settings] of Object.entries(learned)) {
    const { test, examples } = await accuracies(dataset, teacher, adaptiveMixing(settings), seed)
    result[name] = test
    const { labels, cleanLabels } = dataset.train
    separation[name] = mixingSummary({ values: examples, labels, cleanLabels }).labelWeight.noise
  }
  teacher.dispose()
  return { result, separation }
}

const { name: engine } = await selectEngine(options.engine)
console.log(
  `${options.data}, engine ${engine}, ${SEEDS} seeds, ${EPOCHS} epochs, fixed weights 0, ${GRID.join(', ')}\n`,
)
console.log('| noise | method | test accuracy, % | − best fixed | p, paired t | AUC |')
console.log('| ----- | ------ | ---------------- | ------------ | ----------- | --- |')
for (const rate of RATES) {
  const seeds = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    seeds.push(await oneSeed(rate, seed))
    process.stderr.write(`noise ${rate}: seed ${seed} ${JSON.stringify(seeds.at(-1).result)}\n`)
  }
  const column = (method) => seeds.map(({ result }) => result[method])
  for (const method of Object.keys(seeds[0].result)) {
    const difference = mean(column(method)) - mean(column(BASELINE))
    const p = method === BASELINE ? '' : pairedTest(column(method), column(BASELINE))
    const areas = seeds.map(({ separation }) => separation[method]?.wrongBelowRight)
    const area = rate === 0 || areas[0] === undefined ? '' : mean(areas).toFixed(2)
    const cells = [`${100 * rate} %`, method, figure(column(method)), difference.toFixed(2), p, area]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
