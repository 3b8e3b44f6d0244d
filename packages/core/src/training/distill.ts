import * as tf from '@tensorflow/tfjs-core'
import type { ModelInput } from '../model/model.js'
import { readWeights, writeWeights } from '../model/model-weights.js'
import { gatherRows } from '../dataset/gather-rows.js'
import { labelSize } from '../task/labels.js'
import type { Figures } from '../task/task.js'
import type { BestEpochTracker } from './best-epoch.js'
import { restoreCheckpoint, takeCheckpoint, type CheckpointPosition } from './checkpoint-state.js'
import type { DistillationOptions, DistillationResult } from './distillation-options.js'
import { makeEpochContext } from './make-epoch-context.js'
import { startRun, type RunState } from './run-state.js'
import { runView } from './run-view.js'
import { forEachSplitBatch } from './split-pass.js'
import { trainEpoch, type EpochStart } from './train-epoch.js'
import type { CheckpointMoment } from './training-checkpoint.js'

/**
 * Trains a student under one or several teachers, or under none if the method wants none.
 *
 * The student is changed in place and ends with the weights of the last step; `result.best?.restore()` goes back to the
 * epoch best on the validation split. A teacher is asked once for the whole run when no augmentation touches the inputs, it
 * runs as in use, does not learn and shows no features; otherwise at each step. Method and optimizer are started anew for each
 * run: they can be used for several, one after the other or at once. The same options and seed give the same numbers on the
 * same engine.
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
export async function distill<Student extends ModelInput>(
  options: DistillationOptions<Student>,
): Promise<DistillationResult<Student>> {
  let run: RunState | undefined
  try {
    run = await startRun(options)
    return await trainAll(run, options)
  } catch (error) {
    if (run === undefined && isReason(error, options)) {
      return { student: options.student, history: [], ended: 'aborted', examples: {} }
    }
    throw error
  } finally {
    run?.dispose()
    await options.batches?.close?.()
  }
}

/** Trains, and puts back what a run changes only for its own time. */
async function trainAll<Student extends ModelInput>(
  run: RunState,
  options: DistillationOptions<Student>,
): Promise<DistillationResult<Student>> {
  const learning = options.method.needs.learningTeachers ?? []
  const borrowed = [...run.changingTeachers].filter(([index]) => !learning.includes(index))
  const before = await Promise.all(borrowed.map(([, teacher]) => readWeights(teacher)))
  const restoreSeeds = [run.student, ...run.changingTeachers.values()].map((model) => model.keepSeeds?.())
  try {
    return await trainEpochs(run, options)
  } finally {
    borrowed.forEach(([, teacher], index) => {
      writeWeights(teacher, before[index]!)
    })
    for (const restore of restoreSeeds) restore?.()
  }
}

/** Whether an error is the reason of an abort, by which the wait for a teacher ends. */
function isReason(error: unknown, { signal }: DistillationOptions<ModelInput>): boolean {
  return signal?.aborted === true && error === signal.reason
}

async function trainEpochs<Student extends ModelInput>(
  run: RunState,
  options: DistillationOptions<Student>,
): Promise<DistillationResult<Student>> {
  const { tracker, history, teacherTrainMetrics } = run
  if (options.resume !== undefined) restoreCheckpoint(run, options.resume)
  const ended = await takeEpochs(run).catch((error: unknown): DistillationResult['ended'] => {
    if (isReason(error, options)) return 'aborted'
    throw error
  })
  const view = runView(run, history.length)
  await options.callbacks?.onEnd?.(view)
  return {
    student: options.student,
    history,
    ended,
    examples: await view.examples(),
    ...(tracker.best === undefined ? {} : { best: tracker.best }),
    ...(teacherTrainMetrics === undefined ? {} : { teacherTrainMetrics }),
  }
}

/** Trains until the run ends, and says why it did. */
async function takeEpochs(run: RunState): Promise<DistillationResult['ended']> {
  const { method, tracker, history, options } = run
  const { epochs, signal, resume, callbacks } = options
  const first = resume?.progress
  for (let epoch = first?.epoch ?? 0; epoch < epochs; epoch++) {
    if (isLate(options, tracker, epoch)) return 'early-stop'
    if (signal?.aborted) return 'aborted'
    const start = first?.epoch === epoch ? first : { epoch, step: 0 }
    if (method.beforeEpoch !== undefined && start.step === 0) {
      await method.beforeEpoch(makeEpochContext(run, epoch))
    }
    const trained = await trainEpoch(run, { ...start, ...withinEpoch(run, epoch) })
    if (trained === undefined) return 'aborted'
    const validation = await validate(run)
    const metrics = { ...trained, ...(validation === undefined ? {} : { validation }) }
    history.push(metrics)
    if (validation !== undefined) await tracker.take(epoch, validation)
    await callbacks?.onEpochEnd?.(metrics, runView(run, epoch))
    await callbacks?.onCheckpoint?.(momentAt(run, { epoch: epoch + 1, step: 0 }))
  }
  return isLate(options, tracker, epochs) ? 'early-stop' : 'epochs'
}

/** Whether the validation split has seen no improvement for too long, before an epoch. */
function isLate(
  { earlyStop }: DistillationOptions<ModelInput>,
  { best }: BestEpochTracker,
  epoch: number,
): boolean {
  return earlyStop !== undefined && best !== undefined && epoch - 1 - best.epoch >= earlyStop.patience
}

function momentAt(run: RunState, position: CheckpointPosition): CheckpointMoment {
  return { epoch: position.epoch, step: position.step, take: () => takeCheckpoint(run, position) }
}

/** What a method without `save` keeps after `beforeEpoch` would be lost in the middle of an epoch. */
function withinEpoch(run: RunState, epoch: number): Pick<EpochStart, 'onCheckpoint'> {
  const { method } = run
  const { callbacks } = run.options
  if (callbacks?.onCheckpoint === undefined) return {}
  if (method.beforeEpoch !== undefined && method.save === undefined) return {}
  return {
    onCheckpoint: (step, running) =>
      callbacks.onCheckpoint!({
        epoch,
        step,
        take: async () => takeCheckpoint(run, { epoch, step, running: await running() }),
      }),
  }
}

async function validate({ student, task, options }: RunState): Promise<Figures | undefined> {
  const { dataset } = options
  const examples = dataset.validation
  if (examples === undefined) return undefined
  const meter = task.meter()
  await forEachSplitBatch({ dataset, examples }, async ({ inputs, rows }) => {
    const logits = tf.tidy(() => student.forward(inputs, { mode: 'eval', features: [] }).logits)
    meter.add(await logits.data<'float32'>(), gatherRows(examples.labels, rows, labelSize(task)))
    logits.dispose()
  })
  return meter.figures()
}
