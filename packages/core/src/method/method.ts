import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core'
import type { Examples } from '../dataset/dataset.js'
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
  /** The training split: which ids there are, and the labels that are trained on, corrupted or not. */
  readonly train: Pick<Examples, 'ids' | 'labels'>
  /** For initial weights and random choices, from the run's seed. */
  readonly random: RandomSource
}

/** Variables by name, which is how a checkpoint holds them. */
export type NamedVariables = Readonly<Record<string, Variable>>

/** One update of one learner. */
export interface Phase {
  /** Whose variables it trains: the student's with the method's own, the method's own alone, or those of a teacher by its number. */
  readonly learner: 'student' | 'method' | number
  /**
   * What logs and checkpoints call it; each phase of a method has another name.
   * @defaultValue 'student', 'method' or 'teacher' and the teacher's number from 1
   */
  readonly name?: string
  /**
   * The losses of one step. Runs inside a tidy; it must not dispose its arguments. Gradients flow into the learner alone, which runs in
   * train mode; the student, where it is not the learner, runs as in use.
   */
  loss(step: Step): ExampleLosses
  /**
   * Names of the method's variables that it trains.
   * @defaultValue all that no other phase names
   */
  readonly variables?: readonly string[]
  /** @defaultValue the run's optimizer; each phase has its own state in any case */
  readonly optimizer?: Optimizer
  /** @defaultValue the run's learning rate */
  readonly learningRate?: number | LearningRateSchedule
}

/** What `views` makes further forms of a batch from. */
export interface ViewBatch {
  readonly ids: Int32Array
  /** [N, ...inputShape] as the student sees them. */
  readonly inputs: Tensor
  readonly labels: Tensor
  readonly epoch: number
  /** From 0. */
  readonly step: number
  /** The source of this step, from the run's seed. */
  readonly random: RandomSource
}

/** A method in one run. */
export interface RunningMethod {
  /** The updates of one step, in their order. One of them trains the student. */
  readonly phases: readonly Phase[]
  /** Trainable weights of its own; the loop trains, saves and frees them. */
  readonly variables?: NamedVariables
  /**
   * Makes the further forms of a batch's inputs that `needs.views` names, by those names. The caller disposes them.
   */
  views?(batch: ViewBatch): Promise<Readonly<Record<string, Tensor>>> | Readonly<Record<string, Tensor>>
  /** Called after the last phase of each step, outside of the gradient, for memories by id. Runs inside a tidy. */
  afterStep?(step: Step): void
  /** Called before each epoch: for updates that need a pass over a split. */
  beforeEpoch?(context: EpochContext): Promise<void>
  /**
   * State that a resumed run needs to go on as the same run, `variables` aside: everything that it keeps for later. The caller
   * disposes the tensors. A method that has `beforeEpoch` and keeps something must have it.
   */
  save?(): NamedTensorMap
  /** Takes back what `save` gave, before the first call of anything else; the tensors are the caller's to dispose. */
  load?(state: NamedTensorMap): void
  /**
   * What it does to single training examples: weights, masks, scores, by the names that logs and reports show, each [N].
   *
   * @param ids - which examples
   * @param step - what student and teachers say about them in use, where the method's needs have `exampleOutputs` and the caller has
   * run them; what can't be said without is left out
   */
  examples?(
    ids: Int32Array,
    step?: Step,
  ): Readonly<Record<string, Float32Array>> | Promise<Readonly<Record<string, Float32Array>>>
  /** Frees what it keeps beside its variables. */
  dispose?(): void
}

/** The name of a phase, given or by default. */
export function phaseName({ name, learner }: Phase): string {
  return name ?? (typeof learner === 'number' ? `teacher${learner + 1}` : learner)
}

/**
 * Starts a method, see {@link Method.start}.
 *
 * @param method - any
 * @param run - what it knows of the run
 * @returns the method in that run
 */
export function startMethod(method: Method, run: RunStart): RunningMethod {
  let running: RunningMethod | undefined
  tf.tidy(() => {
    running = method.start(run)
  })
  return running!
}
