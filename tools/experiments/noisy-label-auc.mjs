// How well each score finds wrong labels: area under the ROC curve, 0.5 is chance.
//
// A network is trained on the noisy labels, and scores come from its last epoch and from an early one; the held-out split is clean.
// Digits and Fashion-MNIST get 20 % symmetric noise, CIFAR-10 the labels of a file of one byte per training image, such as those that
// people gave (CIFAR-10N). Which end of a score marks wrong labels is fixed beforehand (the column `wrong labels are`), not chosen by
// result.
//
//   node tools/experiments/noisy-label-auc.mjs --dataset fashion-mnist --path FOLDER --engine native
//   node tools/experiments/noisy-label-auc.mjs --dataset cifar10 --path FOLDER --labels FILE --engine native
import { parseArgs } from 'node:util'
import { selectEngine, sgd, train } from '@kd/core'
import { corruptLabels, loadDataset, readLabelFile, splitDataset, takeExamples } from '@kd/datasets'
import { mlp, smallCnn } from '@kd/models'
import * as selection from '@kd/selection'
import { modelOutputs } from './model-outputs.mjs'
import { areaUnderCurve, deviation, mean } from './statistics.mjs'

const SETTINGS = {
  digits: { epochs: 30, early: 5, seeds: 5, model: (shape) => mlp({ ...shape, hiddenUnits: [64] }) },
  'fashion-mnist': {
    epochs: 30,
    early: 3,
    seeds: 3,
    model: (shape) => mlp({ ...shape, hiddenUnits: [128] }),
  },
  cifar10: { epochs: 12, early: 4, seeds: 3, model: (shape) => smallCnn({ ...shape, widths: [16, 32, 64] }) },
}
const { values: options } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'digits' },
    path: { type: 'string' },
    labels: { type: 'string' },
    examples: { type: 'string' },
    seeds: { type: 'string' },
    engine: { type: 'string' },
  },
})
const settings = SETTINGS[options.dataset]
const EPOCHS = settings.epochs
const EARLY = settings.early
const SEEDS = Number(options.seeds ?? settings.seeds)
const LEARNING_RATE = 0.05
const { name: engine } = await selectEngine(options.engine)
const complete = await loadDataset({ name: options.dataset, ...(options.path && { path: options.path }) })
const noiseOf = (seed, labels) =>
  labels ? { kind: 'from-labels', labels } : { kind: 'symmetric', rate: 0.2, seed }
const givenLabels =
  options.labels && (await readLabelFile(options.labels, { examples: complete.train.labels.length }))

/** Scores by name, each made so that wrong labels are expected at its low end. */
async function scoresOf(now, validation) {
  const negated = (scores) => scores.map((value) => -value)
  const influence = (solver) =>
    selection.lastLayerInfluence({ ...now, validation, ...(solver && { solver }) })
  return {
    'influence (conjugate gradients)': [await influence(), 'low'],
    'influence (K-FAC)': [await influence(selection.kroneckerHessian()), 'low'],
    'influence (diagonal)': [await influence(selection.diagonalHessian()), 'low'],
    'influence (identity)': [await influence(selection.identityHessian()), 'low'],
    'self-influence': [
      negated(await selection.selfInfluence({ ...now, solver: selection.kroneckerHessian() })),
      'high',
    ],
    'parameter influence': [
      negated(await selection.parameterInfluence({ ...now, solver: selection.kroneckerHessian() })),
      'high',
    ],
    GraNd: [negated(await selection.graNd(now)), 'high'],
    EL2N: [negated(await selection.el2n(now)), 'high'],
    margin: [await selection.margin(now), 'low'],
    entropy: [negated(await selection.entropy(now)), 'high'],
    'label confidence': [await selection.labelConfidence(now), 'low'],
    correctness: [await selection.correctness(now), 'low'],
  }
}

async function runSeed(seed) {
  const whole = splitDataset(complete, { validation: 0.1, seed })
  const some = options.examples ? takeExamples(whole, { train: Number(options.examples), seed }) : whole
  const dataset = corruptLabels(some, noiseOf(seed, givenLabels))
  const isWrong = Array.from(dataset.train.labels, (label, row) => label !== dataset.train.cleanLabels[row])
  const model = settings.model({ inputShape: dataset.inputShape, classes: 10, seed })
  const checkpoints = []
  const history = []
  let early
  await train({
    model,
    dataset: { ...dataset, validation: undefined },
    epochs: EPOCHS,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: LEARNING_RATE,
    seed,
    callbacks: {
      async onEpochEnd({ epoch }) {
        const now = await modelOutputs(model, dataset, dataset.train)
        history.push(now.logits)
        const validation = await modelOutputs(model, dataset, dataset.validation)
        if (epoch % 5 === 4) checkpoints.push({ ...now, validation, learningRate: LEARNING_RATE })
        if (epoch + 1 === EARLY) early = await scoresOf(now, validation)
      },
    },
  })
  const { labels } = dataset.train
  const now = await modelOutputs(model, dataset, dataset.train)
  const late = await scoresOf(now, await modelOutputs(model, dataset, dataset.validation))
  const fit = (await selection.correctness(now)).reduce((sum, right) => sum + right, 0) / labels.length
  const overTraining = {
    'TracIn over checkpoints': [await selection.tracIn({ checkpoints }), 'low'],
    'margin, mean over epochs': [
      (await Promise.all(history.map((logits) => selection.margin({ logits, labels })))).reduce(
        (sum, values) => sum.map((value, row) => value + values[row]),
      ),
      'low',
    ],
    'forgetting events': [
      (await selection.forgettingEvents({ history, labels })).map((count) => -count),
      'high',
    ],
    random: [selection.randomScores(labels.length, seed), '-'],
  }
  const area = ([scores]) => areaUnderCurve(scores, isWrong)
  return { count: labels.length, early, late, overTraining, area, wrong: mean(isWrong.map(Number)), fit }
}

const runs = []
for (let seed = 1; seed <= SEEDS; seed++) {
  runs.push(await runSeed(seed))
  process.stderr.write(`seed ${seed}\n`)
}
const column = (part, name) => {
  const areas = runs.map((run) => run.area(run[part][name]))
  return `${mean(areas).toFixed(3)} ± ${deviation(areas).toFixed(3)}`
}
console.log(
  `${options.dataset}, engine ${engine}: ${runs[0].count} training examples, ${runs.length} seeds, ${(100 * mean(runs.map(({ wrong }) => wrong))).toFixed(1)} % wrong labels; the model fits ` +
    `${(100 * mean(runs.map(({ fit }) => fit))).toFixed(1)} % of the noisy labels after ${EPOCHS} epochs`,
)
console.log(`| score | wrong labels are | epoch ${EARLY} | epoch ${EPOCHS} |\n| --- | --- | --- | --- |`)
for (const [name, [, end]] of Object.entries(runs[0].late))
  console.log(`| ${name} | ${end} | ${column('early', name)} | ${column('late', name)} |`)
for (const [name, [, end]] of Object.entries(runs[0].overTraining))
  console.log(`| ${name} | ${end} | | ${column('overTraining', name)} |`)
