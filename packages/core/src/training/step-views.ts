import type * as tf from '@tensorflow/tfjs-core'
import type { TrainingBatch } from '../dataset/batch-source.js'
import { InvalidArgumentError } from '../errors.js'
import type { Step, View } from '../method/step.js'
import type { FeatureMap, Mode, Outputs } from '../model/model.js'
import { disposeOutputs } from '../teacher/ask-teacher.js'
import { isPromise } from '../teacher/teacher.js'
import { tidyAtOnce } from '../teacher/tidy-at-once.js'
import type { RunningPhase, RunState } from './run-state.js'

/** Where in the run a step is. */
export interface StepPosition {
  readonly epoch: number
  /** The step, counted from 0. */
  readonly step: number
}

/** The forms of one batch's inputs, and what student and teachers say about each. */
export class StepViews {
  readonly #run: RunState
  readonly #batch: TrainingBatch
  readonly #position: StepPosition
  readonly #labels: tf.Tensor
  /** Inputs by view, and each teacher's answers to it. */
  readonly #views = new Map<string, { inputs: tf.Tensor; answers: (Outputs | undefined)[] }>()

  constructor(run: RunState, batch: TrainingBatch, position: StepPosition, labels: tf.Tensor) {
    this.#run = run
    this.#batch = batch
    this.#position = position
    this.#labels = labels
  }

  /** Makes the views of the batch. */
  async open(inputs: tf.Tensor): Promise<void> {
    this.#views.set('clean', { inputs, answers: [] })
    const { method, random, options } = this.#run
    const wanted = Object.keys(options.method.needs.views ?? {})
    if (wanted.length === 0) return
    const { epoch, step } = this.#position
    const made = await tidyAtOnce(
      () =>
        method.views?.({
          ids: this.#batch.ids,
          inputs,
          labels: this.#labels,
          epoch,
          step,
          random: random.split('views').split(epoch).split(step),
        }) ?? {},
    )
    for (const [name, view] of Object.entries(made)) this.#views.set(name, { inputs: view, answers: [] })
    const found = Object.keys(made)
    if (found.toSorted().join() !== wanted.toSorted().join()) {
      throw new InvalidArgumentError(
        `distill: ${options.method.name} must make the views ${wanted.join(', ')}, got ${found.join(', ') || 'none'}`,
      )
    }
  }

  /** Asks every teacher that has not answered yet, except one that learns in this phase. */
  async askTeachers({ learner }: Partial<RunningPhase> = {}): Promise<void> {
    const { teachers, answers } = this.#run
    for (const [view, { inputs, answers: given }] of this.#views) {
      if (!this.#isSeenByTeachers(view)) continue
      for (const index of teachers.keys()) {
        if (index === learner || given[index] !== undefined) continue
        const { ids, rows, mixup } = this.#batch
        if (mixup !== undefined) this.#assertSeesMixtures(index)
        const answer = answers.inStep(index, { view, inputs, ids, rows, split: 'train' })
        // An answer that is there at once costs no turn of the event loop.
        given[index] = isPromise(answer) ? await answer : answer
      }
    }
  }

  /** A teacher that has learned is asked again. */
  forgetTeacher(index: number): void {
    for (const { answers } of this.#views.values()) {
      const before = answers[index]
      if (before !== undefined) disposeOutputs(before)
      answers[index] = undefined
    }
  }

  /** Runs the student on every view that it sees. */
  forwardStudent(mode: Mode): Record<string, Outputs> {
    const says: Record<string, Outputs> = {}
    for (const [name, { inputs }] of this.#views) {
      const features = this.#studentFeatures(name)
      if (features !== false) says[name] = this.#run.student.forward(inputs, { mode, features })
    }
    return says
  }

  /**
   * Makes the step that a method sees.
   *
   * @param says - the student's outputs by view
   * @returns the step
   */
  stepWith(says: Readonly<Record<string, Outputs>>): Step {
    const { task, teachers } = this.#run
    const view = (name: string): View => {
      const { inputs, answers } = this.#views.get(name)!
      const silent = { logits: undefined as unknown as tf.Tensor, features: {} }
      const student = says[name] ?? silent
      // A teacher that learns in this phase has no answer yet: its live one takes the place.
      const ofTeachers = this.#isSeenByTeachers(name)
        ? teachers.map((_, index) => answers[index] ?? silent)
        : []
      return {
        inputs,
        studentLogits: student.logits as tf.Tensor2D,
        studentFeatures: student.features,
        teacherLogits: ofTeachers.map(({ logits }) => logits as tf.Tensor2D),
        teacherFeatures: ofTeachers.map(({ features }): FeatureMap => features),
      }
    }
    const others = [...this.#views.keys()].filter((name) => name !== 'clean')
    return Object.assign(view('clean'), {
      ids: this.#batch.ids,
      labels: this.#labels as tf.Tensor1D,
      task,
      epoch: this.#position.epoch,
      views: Object.fromEntries(others.map((name) => [name, view(name)])),
    })
  }

  /** Frees views and answers, but not the clean inputs. */
  dispose(): void {
    for (const [name, { inputs, answers }] of this.#views) {
      for (const answer of answers) if (answer !== undefined) disposeOutputs(answer)
      if (name !== 'clean') inputs.dispose()
    }
  }

  #isSeenByTeachers(view: string): boolean {
    return view === 'clean' || this.#run.options.method.needs.views?.[view]?.teachers !== false
  }

  #studentFeatures(view: string): readonly string[] | false {
    const { needs } = this.#run.options.method
    return (view === 'clean' ? needs.studentFeatures : needs.views?.[view]?.student) ?? []
  }

  #assertSeesMixtures(index: number): void {
    if (this.#run.teachers[index]!.kept === undefined) return
    throw new InvalidArgumentError(
      `distill: batches must not mix inputs under teacher ${index}, whose answers were kept for single examples`,
      { hint: 'leave mixup out, or let the teacher run' },
    )
  }
}
