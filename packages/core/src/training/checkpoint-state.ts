import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'
import type { Model } from '../model/model.js'
import { makeTensors, readTensors, type TensorValues } from '../model/tensor-values.js'
import type { RunningPhase, RunState } from './run-state.js'
import type { RunningEpoch, TrainingCheckpoint } from './training-checkpoint.js'

/** Between which steps a run is. */
export interface CheckpointPosition {
  readonly epoch: number
  readonly step: number
  readonly running?: RunningEpoch
}

/** Copies the state of a run. */
export async function takeCheckpoint(
  run: RunState,
  position: CheckpointPosition,
): Promise<TrainingCheckpoint> {
  const { student, method, phases, changingTeachers, tracker, history } = run
  const methodState = method.save?.() ?? {}
  const { best } = tracker
  try {
    const groups = await Promise.all([
      readTensors('student/', weightsOf(student)),
      ...phases.map((phase) => readTensors(optimizerPrefix(phase), phase.optimizer.running.state())),
      readTensors('method/', methodState),
      readTensors('variables/', { ...method.variables }),
      ...[...changingTeachers].map(([index, teacher]) =>
        readTensors(`teacher/${index}/`, weightsOf(teacher)),
      ),
    ])
    const ofBest = tracker.weights.map((weight, index): [string, TensorValues] => [`best/${index}`, weight])
    return {
      progress: {
        optimizer: optimizerNames(run),
        method: run.options.method.name,
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
export function restoreCheckpoint(run: RunState, { progress, tensors }: TrainingCheckpoint): void {
  const { student, method, phases, changingTeachers, tracker, history } = run
  assertSame('optimizer', optimizerNames(run), progress.optimizer)
  assertSame('method', run.options.method.name, progress.method)
  assertPosition(progress, run)
  tf.tidy(() => {
    setWeights(weightsOf(student), tensors, 'student/')
    for (const [index, teacher] of changingTeachers) {
      setWeights(weightsOf(teacher), tensors, `teacher/${index}/`)
    }
    setWeights({ ...method.variables }, tensors, 'variables/')
    if (progress.best !== undefined) fitting(tensors, 'best/', weightsOf(student))
    for (const phase of phases) {
      takeBack(`optimizer ${phase.optimizer.name}`, () => {
        phase.optimizer.running.loadState(makeTensors(optimizerPrefix(phase), tensors))
      })
    }
    takeBack(`method ${run.options.method.name}`, () => {
      method.load?.(makeTensors('method/', tensors))
    })
  })
  history.push(...progress.history)
  if (progress.best === undefined) return
  const weights = Object.keys(weightsOf(student)).map((index) => tensors.get(`best/${index}`)!)
  tracker.goOn(progress.best, weights)
}

function optimizerPrefix({ name, learner }: RunningPhase): string {
  return learner === 'student' && name === 'student' ? 'optimizer/' : `phase/${name}/`
}

function optimizerNames({ phases }: RunState): string {
  return phases.map(({ optimizer }) => optimizer.name).join(', ')
}

function weightsOf({ weights }: Model): Record<string, tf.Variable> {
  return Object.fromEntries(weights.map((weight, index) => [`${index}`, weight]))
}

function setWeights(
  variables: Readonly<Record<string, tf.Variable>>,
  tensors: TrainingCheckpoint['tensors'],
  prefix: string,
): void {
  const made = fitting(tensors, prefix, variables)
  for (const [name, variable] of Object.entries(variables)) variable.assign(made[name]!)
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
  { options: { epochs }, stepsPerEpoch }: RunState,
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
