import type { LayersModel } from '@tensorflow/tfjs-layers'
import { assertDataset } from '../dataset/assert-dataset.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { classificationMetrics, type ClassificationMetrics } from '../metrics/classification-metrics.js'
import { randomSource } from '../random/random-source.js'
import { constant } from '../schedule/constant.js'
import { assertRun } from './assert-run.js'
import { BestEpochTracker } from './best-epoch.js'
import { classifier, type Predict } from './classifier.js'
import type { DistillationOptions, DistillationResult, EpochMetrics } from './distillation-options.js'
import { epochContext } from './epoch-context.js'
import { predictSplit } from './predict-split.js'
import { trainEpoch } from './train-epoch.js'
import { teacherPredictors, teachFromTables, teachLive, type TeachTraining } from './teachers.js'
import { weightsSnapshot } from './weights-snapshot.js'

/** Rows at a time where nothing is learned. */
const EVALUATION_BATCH = 250

/**
 * Trains a student under one or several teachers, or under none if the method wants none.
 *
 * The student is changed in place and ends with the weights of the last step; `result.best?.restore()` goes back to the
 * epoch best on the validation split. Teacher logits are computed once for the whole run when no augmentation touches the
 * inputs, the teachers are in eval mode and no teacher features are asked for; otherwise at each step. The same options
 * and seed give the same numbers on the same engine.
 *
 * @param options - see {@link DistillationOptions}
 * @returns metrics of every epoch, the best epoch, and why the run ended
 * @throws {@link InvalidArgumentError} or {@link ShapeError} when the parts of the run do not fit, before it starts
 * @throws {@link KdError} when the loss stops being finite
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import { distill, selectEngine, sgd, type Dataset } from '@kd/core'
 * import { vanillaKd } from '@kd/losses'
 *
 * await selectEngine('cpu')
 * const dataset: Dataset = {
 *   name: 'sign',
 *   inputShape: [1],
 *   classNames: ['negative', 'positive'],
 *   normalization: { mean: [0], standardDeviation: [1] },
 *   train: {
 *     inputs: new Float32Array([-2, -1, 1, 2]),
 *     labels: new Int32Array([0, 0, 1, 1]),
 *     ids: new Int32Array([0, 1, 2, 3]),
 *   },
 * }
 * const student = sequential({ layers: [layers.dense({ units: 2, inputShape: [1] })] })
 * const result = await distill({
 *   student,
 *   teachers: [(inputs) => tf.concat2d([tf.neg(inputs), inputs] as tf.Tensor2D[], 1)],
 *   method: vanillaKd(),
 *   dataset,
 *   epochs: 2,
 *   batchSize: 2,
 *   optimizer: sgd({ momentum: 0.9 }),
 *   learningRate: 0.1,
 * })
 * console.log(result.history.length) // 2
 * ```
 */
export async function distill(options: DistillationOptions): Promise<DistillationResult> {
  assertDataset(options.dataset, 'distill')
  assertRun(options)
  const teachers = options.teacherMode === 'train' ? (options.teachers ?? []) : []
  const restoreTeachers = await Promise.all(
    teachers.map((teacher) => weightsSnapshot(teacher as LayersModel)),
  )
  try {
    return await run(options)
  } finally {
    restoreTeachers.forEach((restore) => {
      restore()
    })
    await options.batches?.close?.()
  }
}

async function run(options: DistillationOptions): Promise<DistillationResult> {
  const { dataset, student, method, epochs, signal, earlyStop } = options
  const batches = options.batches ?? memoryBatches(dataset)
  const schedule =
    typeof options.learningRate === 'number' ? constant(options.learningRate) : options.learningRate
  const predict = classifier(student, method.requires?.studentFeatures ?? [], 'student')
  const { predictors, teach, isKept, teacherTrainMetrics } = await prepareTeachers(options, batches.augments)
  const setup = { ...options, batches, schedule, predict, teach, random: randomSource(options.seed ?? 0) }
  const tracker = new BestEpochTracker(student, options.monitor ?? 'top1')
  const history: EpochMetrics[] = []
  const result = (ended: DistillationResult['ended']): DistillationResult => ({
    student,
    history,
    ended,
    ...(tracker.best === undefined ? {} : { best: tracker.best }),
    ...(teacherTrainMetrics === undefined ? {} : { teacherTrainMetrics }),
  })

  for (let epoch = 0; epoch < epochs; epoch++) {
    if (signal?.aborted) return result('aborted')
    if (method.beforeEpoch !== undefined) {
      const stepsPerEpoch = Math.ceil(dataset.train.labels.length / (options.batchSize ?? 64))
      const learningRate = schedule({ epoch, step: 0, stepsPerEpoch, epochs })
      const random = setup.random.split('method')
      const teachFromTables = isKept ? teach : undefined
      const passes = { dataset, student, predict, predictors, teachFromTables, epochs, random }
      await method.beforeEpoch(epochContext({ ...passes, batchSize: EVALUATION_BATCH }, epoch, learningRate))
    }
    const trained = await trainEpoch(setup, epoch)
    if (trained === undefined) return result('aborted')
    const validation = await validate(predict, options)
    const metrics = { ...trained, ...(validation === undefined ? {} : { validation }) }
    history.push(metrics)
    if (validation !== undefined) await tracker.take(epoch, validation)
    await options.callbacks?.onEpochEnd?.(metrics)
    if (earlyStop !== undefined && epoch - tracker.best!.epoch >= earlyStop.patience)
      return result('early-stop')
  }
  return result('epochs')
}

async function prepareTeachers(
  { dataset, method, teachers = [], teacherMode = 'eval' }: DistillationOptions,
  augments: boolean,
): Promise<{
  predictors: Predict[]
  teach: TeachTraining
  isKept: boolean
  teacherTrainMetrics?: ClassificationMetrics[]
}> {
  const featureNames = method.requires?.teacherFeatures ?? []
  const predictors = teacherPredictors(teachers, featureNames, dataset.classNames.length)
  if (augments || teacherMode === 'train' || featureNames.length > 0 || teachers.length === 0) {
    return { predictors, teach: teachLive(predictors, teacherMode === 'train'), isKept: false }
  }
  const { tables, teach } = await teachFromTables(predictors, dataset, EVALUATION_BATCH)
  const teacherTrainMetrics = tables.map((table) => classificationMetrics(table, dataset.train.labels))
  return { predictors, teach, isKept: true, teacherTrainMetrics }
}

async function validate(
  predict: Predict,
  { dataset }: DistillationOptions,
): Promise<ClassificationMetrics | undefined> {
  if (dataset.validation === undefined) return undefined
  const logitsOf: Parameters<typeof predictSplit>[0] = (inputs) => predict(inputs, false).logits
  const logits = await predictSplit(logitsOf, dataset, dataset.validation, EVALUATION_BATCH)
  return classificationMetrics(logits, dataset.validation.labels)
}
