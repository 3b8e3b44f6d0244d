import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { KdError } from '../errors/kd-error.js'
import type { DistillationMethod } from '../method/distillation-method.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import type { BestEpochTracker } from './best-epoch.js'
import type { EpochMetrics } from './epoch-metrics.js'
import { makeTensors, readTensors } from './tensor-values.js'
import type { RunningEpoch, TensorValues, TrainingCheckpoint } from './training-checkpoint.js'

/** Everything in a run that changes from step to step. */
export interface CheckpointState {
  readonly student: LayersModel
  readonly method: DistillationMethod
  readonly optimizer: Optimizer
  /** Only those in train mode: the others never change. */
  readonly trainingTeachers: readonly LayersModel[]
  readonly tracker: BestEpochTracker
  readonly history: EpochMetrics[]
}

/** Between which steps a run is. */
export interface CheckpointPosition {
  readonly epoch: number
  readonly step: number
  readonly running?: RunningEpoch
}

/** Copies the state of a run. */
export async function takeCheckpoint(
  state: CheckpointState,
  position: CheckpointPosition,
): Promise<TrainingCheckpoint> {
  const { student, method, optimizer, trainingTeachers, tracker, history } = state
  const methodState = method.saveState?.() ?? {}
  const { best } = tracker
  try {
    const groups = await Promise.all([
      readTensors('student/', weightsOf(student)),
      readTensors('optimizer/', optimizer.state()),
      readTensors('method/', methodState),
      readTensors('variables/', numbered(method.variables)),
      ...trainingTeachers.map((teacher, index) => readTensors(`teacher/${index}/`, weightsOf(teacher))),
    ])
    const ofBest = tracker.weights.map((weight, index): [string, TensorValues] => [`best/${index}`, weight])
    return {
      progress: {
        optimizer: optimizer.name,
        method: method.name,
        ...position,
        history: [...history],
        ...(best && { best: { epoch: best.epoch, validation: best.validation } }),
      },
      tensors: new Map([...groups.flat(), ...ofBest]),
    }
  } finally {
    tf.dispose(methodState)
  }
}

/** Puts a run back to where a checkpoint was taken. */
export function restoreCheckpoint(
  state: CheckpointState,
  { progress, tensors }: TrainingCheckpoint,
  limits: { readonly epochs: number; readonly stepsPerEpoch: number },
): void {
  const { student, method, optimizer, trainingTeachers, tracker, history } = state
  assertSame('optimizer', optimizer.name, progress.optimizer)
  assertSame('method', method.name, progress.method)
  assertPosition(progress, limits)
  tf.tidy(() => {
    setWeights(student, tensors, 'student/')
    trainingTeachers.forEach((teacher, index) => {
      setWeights(teacher, tensors, `teacher/${index}/`)
    })
    const variables = numbered(method.variables)
    const ofMethod = fitting(tensors, 'variables/', variables)
    for (const [index, variable] of Object.entries(variables)) variable.assign(ofMethod[index]!)
    if (progress.best !== undefined) fitting(tensors, 'best/', weightsOf(student))
    takeBack(`optimizer ${optimizer.name}`, () => {
      optimizer.loadState(makeTensors('optimizer/', tensors))
    })
    takeBack(`method ${method.name}`, () => {
      method.loadState?.(makeTensors('method/', tensors))
    })
  })
  history.push(...progress.history)
  if (progress.best === undefined) return
  const weights = Object.keys(weightsOf(student)).map((index) => tensors.get(`best/${index}`)!)
  tracker.goOn(progress.best, weights)
}

function weightsOf(model: LayersModel): Record<string, tf.Tensor> {
  return numbered(model.weights.map((weight) => weight.read()))
}

function setWeights(model: LayersModel, tensors: TrainingCheckpoint['tensors'], prefix: string): void {
  const made = fitting(tensors, prefix, weightsOf(model))
  model.setWeights(model.weights.map((_, index) => made[index]!))
}

function numbered<Value>(values: readonly Value[] = []): Record<string, Value> {
  return Object.fromEntries(values.map((value, index) => [`${index}`, value]))
}

/** The tensors under a prefix, which must be those wanted: same names, same shapes. */
function fitting(
  tensors: TrainingCheckpoint['tensors'],
  prefix: string,
  wanted: Readonly<Record<string, tf.Tensor>>,
): Record<string, tf.Tensor> {
  const made = makeTensors(prefix, tensors)
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(made)])) {
    const [want, found] = [wanted[name], made[name]].map((tensor) =>
      tensor === undefined ? 'none' : `${tensor.dtype} [${tensor.shape.join(', ')}]`,
    )
    if (want !== found) throw misfit(`hold ${want} as ${prefix}${name}`, found!)
  }
  return made
}

/** What a method, perhaps somebody's own, says of a state that it cannot take need not say where that came from. */
function takeBack(who: string, load: () => void): void {
  try {
    load()
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    throw misfit(
      `hold a state that the ${who} takes`,
      error instanceof Error ? error.message : String(error),
      error,
    )
  }
}

function assertPosition(
  { epoch, step, running, history }: TrainingCheckpoint['progress'],
  { epochs, stepsPerEpoch }: { readonly epochs: number; readonly stepsPerEpoch: number },
): void {
  const within = (value: number, limit: number): boolean =>
    Number.isInteger(value) && value >= 0 && value <= limit
  const fits =
    within(epoch, epochs) &&
    within(step, epoch === epochs ? 0 : stepsPerEpoch) &&
    history.length === epoch &&
    (running !== undefined) === step > 0
  if (fits) return
  throw misfit(
    `be of a run with ${epochs} epochs of ${stepsPerEpoch} steps`,
    `epoch ${epoch}, step ${step} after ${history.length} epochs`,
  )
}

function assertSame(what: string, wanted: string, found: string): void {
  if (wanted !== found) throw misfit(`be of a run with ${what} ${wanted}`, found)
}

function misfit(rule: string, found: string, cause?: unknown): KdError {
  return new KdError(`distill: resume must ${rule}, got ${found}`, {
    hint: 'resume with the options of the run that the checkpoint was taken in',
    ...(cause !== undefined && { cause }),
  })
}
