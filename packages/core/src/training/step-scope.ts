import * as tf from '@tensorflow/tfjs-core'
import type { TrainingBatch } from '../dataset/batch-source.js'
import { InvalidArgumentError } from '../errors.js'
import { meanLoss } from '../method/mean-loss.js'
import { featuresOfTeacher, type FeatureNames } from '../method/needs.js'
import type { ExampleLosses, Step, View } from '../method/step.js'
import type { FeatureMap, Outputs } from '../model/model.js'
import { disposeOutputs } from '../teacher/ask-teacher.js'
import { isPromise } from '../teacher/teacher.js'
import { tidyAtOnce } from '../teacher/tidy-at-once.js'
import { freeAbandonedTape } from './free-abandoned-tape.js'
import type { RunningPhase, RunState } from './run-state.js'
import type { StepStatistics } from './step-statistics.js'

/** Where in the run a step is. */
export interface StepPosition {
  readonly epoch: number
  /** From 0. */
  readonly step: number
}

/** Holds what belongs to one step, and frees it. */
export class StepScope {
  readonly #run: RunState
  readonly #batch: TrainingBatch
  readonly #position: StepPosition
  readonly #labels: tf.Tensor
  /** Inputs by view, and each teacher's answers to it. */
  readonly #views = new Map<string, { inputs: tf.Tensor; answers: (Outputs | undefined)[] }>()
  readonly #kept: tf.Tensor[] = []
  #means: Parameters<StepStatistics['add']>[0] | undefined
  #student: Outputs | undefined

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

  /** The gradients of a phase, one per variable. */
  gradients(phase: RunningPhase, variables: readonly tf.Variable[]): (tf.Tensor | undefined)[] {
    try {
      return tf.tidy(() => {
        const step = phase.learner === 'student' ? undefined : this.#constantStep()
        let report: (() => void) | undefined
        const { grads } = tf.variableGrads(() => {
          const live = this.#liveStep(phase, step)
          const { total, parts } = this.#losses(phase, live)
          report = () => {
            this.#measure(phase, live, total, parts)
          }
          // What the report reads has to outlive the tape.
          for (const tensor of [live.studentLogits, total, ...Object.values(parts)]) {
            if (!tensor.isDisposed) this.#kept.push(tf.keep(tensor))
          }
          return total
        }, [...variables])
        report?.()
        return variables.map((variable): tf.Tensor | undefined => grads[variable.name])
      })
    } catch (error) {
      freeAbandonedTape()
      throw error
    }
  }

  /** Hands the step's losses to the statistics. */
  report(statistics: StepStatistics): void {
    tf.tidy(() => {
      if (this.#means !== undefined) statistics.add(this.#means, this.#batch.ids.length)
    })
  }

  /** Lets the method remember the step. A teacher that has learned last is asked again before. */
  async afterStep(): Promise<void> {
    const { method } = this.#run
    if (method.afterStep === undefined) return
    await this.askTeachers()
    tf.tidy(() => {
      const { logits, features } = this.#student!
      method.afterStep!(this.#stepWith({ clean: { logits, features } }))
    })
  }

  dispose(): void {
    tf.dispose(this.#kept)
    for (const [name, { inputs, answers }] of this.#views) {
      for (const answer of answers) if (answer !== undefined) disposeOutputs(answer)
      if (name !== 'clean') inputs.dispose()
    }
  }

  /** The step with the student in mode `'eval'`, for phases in which another one learns. */
  #constantStep(): Step {
    const { student } = this.#run
    const says: Record<string, Outputs> = {}
    for (const [name, { inputs }] of this.#views) {
      const features = this.#studentFeatures(name)
      if (features !== false) says[name] = student.forward(inputs, { mode: 'eval', features })
    }
    return this.#stepWith(says)
  }

  /** The step with the learner's outputs made anew, inside the gradient. */
  #liveStep({ learner }: RunningPhase, step: Step | undefined): Step {
    const { student, teachers, options } = this.#run
    if (learner === 'method') return step!
    if (learner === 'student') {
      const says: Record<string, Outputs> = {}
      for (const [name, { inputs }] of this.#views) {
        const features = this.#studentFeatures(name)
        if (features !== false) says[name] = student.forward(inputs, { mode: 'train', features })
      }
      const live = this.#stepWith(says)
      this.#remember(says['clean']!)
      return live
    }
    const model = teachers[learner]!.model!
    const answer = (inputs: tf.Tensor, features: readonly string[]): Outputs =>
      model.forward(inputs, { mode: 'train', features })
    const { needs } = options.method
    const replaced = <Of extends View>(view: Of, names: FeatureNames | false | undefined): Of => {
      if (names === false) return view
      const { logits, features } = answer(view.inputs, featuresOfTeacher(names, learner))
      return {
        ...view,
        teacherLogits: view.teacherLogits.toSpliced(learner, 1, logits as tf.Tensor2D),
        teacherFeatures: view.teacherFeatures.toSpliced(learner, 1, features),
      }
    }
    const views = Object.fromEntries(
      Object.entries(step!.views).map(([name, view]) => [
        name,
        replaced(view, needs.views?.[name]?.teachers),
      ]),
    )
    return { ...replaced(step!, needs.teacherFeatures), views }
  }

  /** Keeps the student's outputs for `afterStep` of the method, if it has one. */
  #remember(outputs: Outputs): void {
    if (this.#run.method.afterStep === undefined) return
    this.#student = outputs
    for (const tensor of Object.values(outputs.features)) this.#kept.push(tf.keep(tensor))
  }

  #isSeenByTeachers(view: string): boolean {
    return view === 'clean' || this.#run.options.method.needs.views?.[view]?.teachers !== false
  }

  #studentFeatures(view: string): readonly string[] | false {
    const { needs } = this.#run.options.method
    return (view === 'clean' ? needs.studentFeatures : needs.views?.[view]?.student) ?? []
  }

  #stepWith(says: Readonly<Record<string, Outputs>>): Step {
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
    return {
      ...view('clean'),
      ids: this.#batch.ids,
      labels: this.#labels as tf.Tensor1D,
      task,
      epoch: this.#position.epoch,
      views: Object.fromEntries(others.map((name) => [name, view(name)])),
    }
  }

  /** Gives the losses of a phase. Where inputs were mixed, the losses to both labels are mixed in the same ratio, for any method. */
  #losses(phase: RunningPhase, step: Step): { total: tf.Scalar; parts: ExampleLosses } {
    const first = phase.loss(step)
    const total = meanLoss(first)
    const { mixup, ids } = this.#batch
    if (mixup === undefined) return { total, parts: first }
    const labels = this.#run.task.labelTensor(mixup.secondLabels, ids.length) as tf.Tensor1D
    const second = phase.loss({ ...step, labels })
    const mix = <Value extends tf.Tensor>(left: Value, right: Value): Value =>
      tf.add(tf.mul(mixup.ratio, left), tf.mul(1 - mixup.ratio, right))
    return {
      total: mix(total, meanLoss(second)),
      parts: Object.fromEntries(
        Object.entries(first).map(([name, part]) => [name, mix(part, second[name]!)]),
      ),
    }
  }

  /** Takes the means of a phase; the figures are those of the student's. */
  #measure(phase: RunningPhase, step: Step, total: tf.Scalar, parts: ExampleLosses): void {
    const isStudent = phase.learner === 'student'
    const figures = isStudent ? (this.#run.task.batchFigures?.(step.studentLogits, this.#labels) ?? {}) : {}
    const prefix = isStudent ? '' : `${phase.name}/`
    const means = Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [`${prefix}${name}`, tf.mean(part)]),
    )
    for (const scalar of [...Object.values(figures), ...Object.values(means)]) {
      this.#kept.push(tf.keep(scalar))
    }
    this.#means = {
      total: isStudent ? total : (this.#means?.total ?? total),
      figures: { ...this.#means?.figures, ...figures },
      parts: { ...this.#means?.parts, ...(means as Record<string, tf.Scalar>) },
    }
  }

  #assertSeesMixtures(index: number): void {
    if (this.#run.teachers[index]!.kept === undefined) return
    throw new InvalidArgumentError(
      `distill: batches must not mix inputs under teacher ${index}, whose answers were kept for single examples`,
      { hint: 'leave mixup out, or let the teacher run' },
    )
  }
}
