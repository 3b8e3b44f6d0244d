import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core'
import type { Examples } from '../dataset/dataset.js'
import { InvalidArgumentError } from '../errors.js'
import type { Optimizer } from '../optimizer/optimizer.js'
import type { RandomSource } from '../random/random-source.js'
import type { LearningRateSchedule } from '../schedule.js'
import type { Task } from '../task/task.js'
import type { EpochContext } from './epoch-context.js'
import type { Needs } from './needs.js'
import type { ExampleLosses, Step } from './step.js'

/**
 * A way to distil. It says what it needs, and each run starts it: everything that changes while a run goes on belongs to what
 * `start` returns, so one method can serve several runs, one after the other or at once. Methods combine by plain function
 * composition.
 *
 * @example
 * ```ts
 * import { crossEntropy, defineMethod, klDivergence, temperature } from '@kd/core'
 *
 * const plainDistillation = defineMethod({
 *   name: 'plain',
 *   summary: "imitate the teacher's softened prediction",
 *   options: { temperature: temperature(4) },
 *   needs: { teachers: 1 },
 *   loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }, { temperature }) => ({
 *     label: crossEntropy(studentLogits, labels),
 *     teacher: klDivergence(teacherLogits!, studentLogits, temperature),
 *   }),
 * })
 * console.log(plainDistillation({ temperature: 2 }).name) // plain
 * ```
 */
export interface Method {
  /** The name in kebab-case, for logs and reports. */
  readonly name: string
  readonly needs: Needs
  /**
   * Makes what one run has of it: variables and state. Runs inside a tidy, so that what variables are made from is freed: a tensor that
   * it holds on to must be kept with `tf.keep`.
   */
  start(run: RunStart): RunningMethod
}

/** Shapes of what a model gives for one example, without the batch axis. */
export interface OutputShapes {
  readonly logits: readonly number[]
  /** The features that the method asked for, those of its passes too. */
  readonly features: Readonly<Record<string, readonly number[]>>
}

/** What a method knows of the run that starts it. */
export interface RunStart {
  readonly task: Task
  readonly student: OutputShapes
  readonly teachers: readonly OutputShapes[]
  readonly batchSize: number
  readonly epochs: number
  /** The ids of the training split, and the labels that are trained on, which may be corrupted. */
  readonly train: Pick<Examples, 'ids' | 'labels'>
  /** Draws initial weights and random choices, from the run's seed. */
  readonly random: RandomSource
}

/** Variables by name, which is how a checkpoint holds them. */
export type NamedVariables = Readonly<Record<string, Variable>>

/** One update of one learner. */
export interface Phase {
  /** Who learns: `'student'`, `'method'`, which trains the method's own variables alone, or a teacher, given by its number from 0. */
  readonly learner: 'student' | 'method' | number
  /**
   * The name in logs and checkpoints. The phases of a method have different names.
   * @defaultValue 'student', 'method' or 'teacher' and the teacher's number from 1
   */
  readonly name?: string
  /**
   * Gives the losses of one step. It runs inside a tidy and must not dispose its arguments. Gradients flow into the learner alone. The
   * learner runs in mode `'train'`; a student that is not the learner runs in mode `'eval'`.
   */
  loss(step: Step): ExampleLosses
  /**
   * Names of the method's variables that it trains.
   * @defaultValue none but in one phase, which trains all variables that no phase names: the first one of the method, or else of the
   * student, that names none
   */
  readonly variables?: readonly string[]
  /**
   * Moves the variables. Each phase has its own state of it.
   * @defaultValue the run's optimizer
   */
  readonly optimizer?: Optimizer
  /**
   * A number for a constant rate, or a schedule.
   * @defaultValue the run's learning rate
   */
  readonly learningRate?: number | LearningRateSchedule
}

/** What `views` makes further forms of a batch from. */
export interface ViewBatch {
  readonly ids: Int32Array
  /** [N, ...inputShape] as the student sees them. */
  readonly inputs: Tensor
  readonly labels: Tensor
  readonly epoch: number
  /** The step, counted from 0. */
  readonly step: number
  /** Draws the random numbers of this step, from the run's seed. */
  readonly random: RandomSource
}

/** A method in one run. */
export interface RunningMethod {
  /** The updates of one step, in their order. One of them trains the student. */
  readonly phases: readonly Phase[]
  /** Trainable weights of its own; the loop trains, saves and frees them. */
  readonly variables?: NamedVariables
  /**
   * Makes the further forms of a batch's inputs that `needs.views` names, by those names. The caller disposes them. It runs inside a
   * tidy, unless it returns a promise: then it disposes its intermediate tensors itself.
   */
  views?(batch: ViewBatch): Promise<Readonly<Record<string, Tensor>>> | Readonly<Record<string, Tensor>>
  /**
   * Called after the last phase of each step, so that a method can remember something by example id. It runs inside a tidy, outside of the
   * gradient. The step has what the student said about the clean inputs in its phase, and what the teachers say now.
   */
  afterStep?(step: Step): void
  /** Called before each epoch, for updates that need a pass over a split. */
  beforeEpoch?(context: EpochContext): Promise<void>
  /**
   * Copies everything that it keeps for later steps except `variables`, so that a resumed run goes on as the same run. The caller disposes
   * the tensors. A method that has `beforeEpoch` and keeps something must have `save`.
   */
  save?(): NamedTensorMap
  /** Takes back what `save` gave, before anything else is called. The caller disposes the tensors. */
  load?(state: NamedTensorMap): void
  /**
   * What it does to single training examples: weights, masks, scores, by the names that logs and reports show, each [N].
   *
   * @param ids - which examples
   * @param step - what student and teachers say about them in mode `'eval'`. It is there if the method needs `exampleOutputs` and the
   * caller has run them; without it the method leaves out the values that depend on it
   */
  examples?(
    ids: Int32Array,
    step?: Step,
  ): Readonly<Record<string, Float32Array>> | Promise<Readonly<Record<string, Float32Array>>>
  /** Frees what it keeps beside its variables. */
  dispose?(): void
}

/** Gives the name of a phase, its own or the default one. */
export function phaseName({ name, learner }: Phase): string {
  return name ?? (typeof learner === 'number' ? `teacher${learner + 1}` : learner)
}

/** Frees what a method holds in a run, its variables too. */
export function disposeMethod(running: RunningMethod): void {
  running.dispose?.()
  tf.dispose(Object.values(running.variables ?? {}))
}

/**
 * Starts a method, see {@link Method.start}.
 *
 * @param method - any
 * @param run - what it knows of the run
 * @returns the method in that run
 * @throws {@link InvalidArgumentError} when it gives no phases
 */
export function startMethod(method: Method, run: RunStart): RunningMethod {
  let running: RunningMethod | undefined
  tf.tidy(() => {
    running = method.start(run)
  })
  if (!Array.isArray(running?.phases)) {
    throw new InvalidArgumentError(
      `startMethod: ${method.name} must give its phases when it starts, got ${running === undefined ? 'nothing' : Object.keys(running).join(', ')}`,
      { hint: "return { phases: [{ learner: 'student', loss: (step) => … }] } from start(run)" },
    )
  }
  return running
}
