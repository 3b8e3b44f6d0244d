import type { LayersModel } from '@tensorflow/tfjs-layers'
import { assertDataset } from '../dataset/assert-dataset.js'
import { memoryBatches } from '../dataset/memory-batches.js'
import { passFeatures } from '../method/pass-features.js'
import { classificationMetrics, type ClassificationMetrics } from '../metrics/classification-metrics.js'
import { randomSource } from '../random/random-source.js'
import { constant } from '../schedule/constant.js'
import { assertRun } from './assert-run.js'
import { BestEpochTracker } from './best-epoch.js'
import {
  restoreCheckpoint,
  takeCheckpoint,
  type CheckpointPosition,
  type CheckpointState,
} from './checkpoint-state.js'
import { classifier, type Predict } from './classifier.js'
import type { DistillationOptions, DistillationResult } from './distillation-options.js'
import type { EpochMetrics } from './epoch-metrics.js'
import { epochContext } from './epoch-context.js'
import { readWeights, writeWeights } from './model-weights.js'
import { predictSplit } from './predict-split.js'
import { EVALUATION_BATCH, prepareTeachers } from './prepare-teachers.js'
import { trainEpoch, type EpochStart } from './train-epoch.js'
import type { CheckpointMoment } from './training-checkpoint.js'
import { keepDropoutSeeds } from './seed-dropout.js'

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
  // assertRun has seen to it that teachers in train mode are models.
  const trainingTeachers = (options.teacherMode === 'train' ? (options.teachers ?? []) : []) as LayersModel[]
  const before = await Promise.all(trainingTeachers.map(readWeights))
  const restoreSeeds = [options.student, ...trainingTeachers].map(keepDropoutSeeds)
  try {
    return await run(options, trainingTeachers)
  } finally {
    before.forEach((weights, index) => {
      writeWeights(trainingTeachers[index]!, weights)
    })
    for (const restore of restoreSeeds) restore()
    await options.batches?.close?.()
  }
}

async function run(
  options: DistillationOptions,
  trainingTeachers: readonly LayersModel[],
): Promise<DistillationResult> {
  const { dataset, student, method, epochs, signal, resume } = options
  const batches = options.batches ?? memoryBatches(dataset)
  const schedule =
    typeof options.learningRate === 'number' ? constant(options.learningRate) : options.learningRate
  const predict = classifier(student, method.requires?.studentFeatures ?? [], 'student')
  const predictInPasses = classifier(student, passFeatures(method.requires).studentFeatures, 'student')
  const prepared = await prepareTeachers(options, batches.augments)
  const { teach, teacherTrainMetrics } = prepared
  const random = randomSource(options.seed ?? 0)
  const setup = { ...options, batches, schedule, predict, teach, random, trainingTeachers }
  const tracker = new BestEpochTracker(student, options.monitor ?? 'top1')
  const history: EpochMetrics[] = []
  const state = { student, method, optimizer: options.optimizer, trainingTeachers, tracker, history }
  const stepsPerEpoch = Math.ceil(dataset.train.labels.length / (options.batchSize ?? 64))
  if (resume !== undefined) restoreCheckpoint(state, resume, { epochs, stepsPerEpoch })
  const result = (ended: DistillationResult['ended']): DistillationResult => ({
    student,
    history,
    ended,
    ...(tracker.best === undefined ? {} : { best: tracker.best }),
    ...(teacherTrainMetrics === undefined ? {} : { teacherTrainMetrics }),
  })

  const first = resume?.progress
  for (let epoch = first?.epoch ?? 0; epoch < epochs; epoch++) {
    if (isLate(options, tracker, epoch)) return result('early-stop')
    if (signal?.aborted) return result('aborted')
    const start = first?.epoch === epoch ? first : { epoch, step: 0 }
    if (method.beforeEpoch !== undefined && start.step === 0) {
      const ofMethod = random.split('method')
      const setupOfPasses = {
        dataset,
        student,
        predict: predictInPasses,
        ...prepared.inPasses,
        batchSize: EVALUATION_BATCH,
        epochs,
        learningRateOf: (of: number) => schedule({ epoch: of, step: 0, stepsPerEpoch, epochs }),
        random: ofMethod,
      }
      await method.beforeEpoch(epochContext(setupOfPasses, epoch))
    }
    const trained = await trainEpoch(setup, { ...start, ...withinEpoch(options, state, epoch) })
    if (trained === undefined) return result('aborted')
    const validation = await validate(predict, options)
    const metrics = { ...trained, ...(validation === undefined ? {} : { validation }) }
    history.push(metrics)
    if (validation !== undefined) await tracker.take(epoch, validation)
    await options.callbacks?.onEpochEnd?.(metrics)
    await options.callbacks?.onCheckpoint?.(momentAt(state, { epoch: epoch + 1, step: 0 }))
  }
  return result(isLate(options, tracker, epochs) ? 'early-stop' : 'epochs')
}

/** Whether the validation split has seen no improvement for too long, before an epoch. */
function isLate({ earlyStop }: DistillationOptions, { best }: BestEpochTracker, epoch: number): boolean {
  return earlyStop !== undefined && best !== undefined && epoch - 1 - best.epoch >= earlyStop.patience
}

function momentAt(state: CheckpointState, position: CheckpointPosition): CheckpointMoment {
  return { epoch: position.epoch, step: position.step, take: () => takeCheckpoint(state, position) }
}

/** What a method without `saveState` keeps after `beforeEpoch` would be lost in the middle of an epoch. */
function withinEpoch(
  { method, callbacks }: DistillationOptions,
  state: CheckpointState,
  epoch: number,
): Pick<EpochStart, 'onCheckpoint'> {
  if (callbacks?.onCheckpoint === undefined) return {}
  if (method.beforeEpoch !== undefined && method.saveState === undefined) return {}
  return {
    onCheckpoint: (step, running) =>
      callbacks.onCheckpoint!({
        epoch,
        step,
        take: async () => takeCheckpoint(state, { epoch, step, running: await running() }),
      }),
  }
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
