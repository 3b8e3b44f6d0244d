// Mixing learned under labels that people got wrong (CIFAR-10N), for the table of packages/meta-mixing/README.md:
//
//     npm run build && node tools/experiments/mixing-human-labels.mjs --data CIFAR_DIR --labels LABELS_DIR --teacher FILE
//
// CIFAR_DIR holds CIFAR-10's binary files, LABELS_DIR one byte per training image and file (`cifar10n_worse_label.u8`, ...), FILE the
// weights of a CIFAR ResNet as safetensors. The student, a small network without augmentation, sees part of the training images with
// people's labels; held-out images have their clean ones. The teacher was trained by others on all training images **with clean
// labels**, so that it knows what is right where people are wrong. A seed draws the subset, the student and the order.
// Accuracy is that of the test split at the epoch best on the validation split.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cosineDecay, distill, evaluate, labelLoss, selectEngine, sgd } from '@kd/core'
import {
  corruptLabels,
  imageNormalization,
  loadDataset,
  readLabelFile,
  splitDataset,
  takeExamples,
} from '@kd/datasets'
import { vanillaKd } from '@kd/losses'
import { adaptiveMixing, mixingSummary } from '@kd/meta-mixing'
import { cifarResnet, loadPytorchResnet, readSafetensors, smallCnn } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { mean } from 'simple-statistics'
import { figure, pairedTest } from './paired-test.mjs'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    labels: { type: 'string' },
    teacher: { type: 'string' },
    kinds: { type: 'string', default: 'worse,aggre' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '16' },
    train: { type: 'string', default: '10000' },
    heldOut: { type: 'string', default: '2000' },
    test: { type: 'string', default: '4000' },
    every: { type: 'string', default: '4' },
    grid: { type: 'string', default: '0.5,0.9,1' },
    engine: { type: 'string' },
  },
})
const number = (name) => Number(options[name])
const GRID = options.grid.split(',').map(Number)
const BASELINE = 'best fixed weight'
const BATCH = 128

/** Logits by image, so that the teacher runs over each image once in all runs. */
function rememberingTeacher(path) {
  const model = cifarResnet({ depth: 20, classes: 10 })
  loadPytorchResnet(model, readSafetensors(readFileSync(path)))
  const known = new Map()
  return (inputs) => {
    const pixels = inputs.dataSync()
    const width = pixels.length / inputs.shape[0]
    const keys = Array.from({ length: inputs.shape[0] }, (_, row) => {
      const image = pixels.slice(row * width, (row + 1) * width)
      return createHash('sha1').update(new Uint8Array(image.buffer)).digest('base64')
    })
    if (!keys.every((key) => known.has(key))) {
      const logits = model.predict(inputs).dataSync()
      keys.forEach((key, row) => known.set(key, logits.slice(10 * row, 10 * row + 10)))
    }
    return tf.tensor2d(Float32Array.from(keys.flatMap((key) => [...known.get(key)])), [keys.length, 10])
  }
}

async function accuracies(dataset, teacher, method, seed) {
  const student = smallCnn({ inputShape: dataset.inputShape, widths: [8, 16, 32], classes: 10, seed })
  const { best, examples } = await distill({
    dataset,
    student,
    method,
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    teachers: [teacher],
    epochs: number('epochs'),
    batchSize: BATCH,
    learningRate: cosineDecay({ initial: 0.1 }),
    seed,
  })
  best.restore()
  const { top1 } = await evaluate(student, dataset)
  student.dispose()
  return { validation: 100 * best.validation.top1, test: 100 * top1, examples }
}

async function oneSeed(cifar, noisyLabels, teacher, seed) {
  const sizes = { train: number('train'), test: number('test') }
  const clean = takeExamples(splitDataset(cifar, { validation: number('heldOut'), seed }), { ...sizes, seed })
  const dataset = corruptLabels(clean, { kind: 'from-labels', labels: noisyLabels })
  const { labels, cleanLabels } = dataset.train
  const fixed = [await accuracies(dataset, teacher, labelLoss(), seed)]
  const result = { 'cross-entropy': fixed[0].test }
  for (const weight of GRID) {
    const method = vanillaKd({ softLossWeight: weight, hardLossWeight: 1 - weight })
    fixed.push(await accuracies(dataset, teacher, method, seed))
    result[`KD, weight ${weight}`] = fixed.at(-1).test
  }
  result[BASELINE] = fixed.reduce((best, each) => (each.validation > best.validation ? each : best)).test
  const separation = {}
  const schedule = { every: number('every'), warmUpEpochs: number('every') }
  const learned = {
    'ALM-KD': { preset: 'almKd', ...schedule },
    AMAL: { preset: 'cifar100', ...schedule },
  }
  for (const [name, settings] of Object.entries(learned)) {
    const { test, examples } = await accuracies(dataset, teacher, adaptiveMixing(settings), seed)
    result[name] = test
    separation[name] = mixingSummary({ values: examples, labels, cleanLabels }).labelWeight.noise
  }
  const wrong = mean(Array.from(labels, (label, row) => (label === cleanLabels[row] ? 0 : 100)))
  return { result, separation, wrong }
}

const { name: engine } = await selectEngine(options.engine)
const normalization = imageNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
const cifar = await loadDataset({ name: 'cifar10', path: options.data, normalization })
const teacher = rememberingTeacher(options.teacher)
console.log(`engine ${engine}, ${options.seeds} seeds, ${options.epochs} epochs of ${options.train} images\n`)
console.log('| labels | method | test accuracy, % | − best fixed | p, paired t | AUC |')
console.log('| ------ | ------ | ---------------- | ------------ | ----------- | --- |')
for (const kind of options.kinds.split(',')) {
  const noisyLabels = await readLabelFile(join(options.labels, `cifar10n_${kind}_label.u8`))
  const seeds = []
  for (let seed = 1; seed <= number('seeds'); seed++) {
    seeds.push(await oneSeed(cifar, noisyLabels, teacher, seed))
    process.stderr.write(`${kind}: seed ${seed} ${JSON.stringify(seeds.at(-1))}\n`)
  }
  const column = (method) => seeds.map(({ result }) => result[method])
  for (const method of Object.keys(seeds[0].result)) {
    const difference = mean(column(method)) - mean(column(BASELINE))
    const p = method === BASELINE ? '' : pairedTest(column(method), column(BASELINE))
    const areas = seeds.flatMap(({ separation }) => separation[method]?.wrongBelowRight ?? [])
    const area = areas.length === 0 ? '' : mean(areas).toFixed(2)
    const title = `${kind}, ${mean(seeds.map(({ wrong }) => wrong)).toFixed(1)} % wrong`
    console.log(`| ${[title, method, figure(column(method)), difference.toFixed(2), p, area].join(' | ')} |`)
  }
}
