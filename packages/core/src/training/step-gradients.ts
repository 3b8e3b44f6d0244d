import * as tf from '@tensorflow/tfjs-core'
import type { TrainingBatch } from '../dataset/batch-source.js'
import { meanLoss } from '../method/mean-loss.js'
import { featuresOfTeacher, type FeatureNames } from '../method/needs.js'
import type { ExampleLosses, Step, View } from '../method/step.js'
import type { Outputs } from '../model/model.js'
import { freeAbandonedTape } from './free-abandoned-tape.js'
import type { RunningPhase, RunState } from './run-state.js'
import type { StepStatistics } from './step-statistics.js'
import type { StepViews } from './step-views.js'

/** Takes the gradients of a step's phases, and keeps what is reported of them until it is disposed. */
export class StepGradients {
  readonly #run: RunState
  readonly #batch: TrainingBatch
  readonly #views: StepViews
  readonly #labels: tf.Tensor
  readonly #kept: tf.Tensor[] = []
  #means: Parameters<StepStatistics['add']>[0] | undefined
  #student: Outputs | undefined

  constructor(run: RunState, batch: TrainingBatch, views: StepViews, labels: tf.Tensor) {
    this.#run = run
    this.#batch = batch
    this.#views = views
    this.#labels = labels
  }

  /** The gradients of a phase, one per variable. */
  gradients(phase: RunningPhase, variables: readonly tf.Variable[]): (tf.Tensor | undefined)[] {
    try {
      return tf.tidy(() => {
        const step =
          phase.learner === 'student' ? undefined : this.#views.stepWith(this.#views.forwardStudent('eval'))
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
    await this.#views.askTeachers()
    tf.tidy(() => {
      const { logits, features } = this.#student!
      method.afterStep!(this.#views.stepWith({ clean: { logits, features } }))
    })
  }

  /** Frees what was kept. */
  dispose(): void {
    tf.dispose(this.#kept)
  }

  /** The step with the learner's outputs made anew, inside the gradient. */
  #liveStep({ learner }: RunningPhase, step: Step | undefined): Step {
    const { teachers, options } = this.#run
    if (learner === 'method') return step!
    if (learner === 'student') {
      const says = this.#views.forwardStudent('train')
      const live = this.#views.stepWith(says)
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

  /** Gives the losses of a phase. Where inputs were mixed, the losses to both labels are mixed in the same ratio, for any method. */
  #losses(phase: RunningPhase, step: Step): { total: tf.Scalar; parts: ExampleLosses } {
    const first = { ...phase.loss(step), ...this.#regularization(phase) }
    const total = meanLoss(first)
    const { mixup, ids } = this.#batch
    if (mixup === undefined) return { total, parts: first }
    const labels = this.#run.task.labelTensor(mixup.secondLabels, ids.length) as tf.Tensor1D
    const second: ExampleLosses = { ...first, ...phase.loss({ ...step, labels }) }
    const mix = <Value extends tf.Tensor>(left: Value, right: Value): Value =>
      tf.add(tf.mul(mixup.ratio, left), tf.mul(1 - mixup.ratio, right))
    return {
      total: mix(total, meanLoss(second)),
      parts: Object.fromEntries(
        Object.entries(first).map(([name, part]) => [name, mix(part, second[name]!)]),
      ),
    }
  }

  /** What the regularizers of the model that learns add, the same number for each example; nothing for a model without any. */
  #regularization({ learner }: RunningPhase): ExampleLosses {
    const { student, teachers } = this.#run
    const model =
      learner === 'student' ? student : learner === 'method' ? undefined : teachers[learner]!.model
    if (model?.regularization === undefined) return {}
    return { regularization: tf.mul(model.regularization(), tf.ones([this.#batch.ids.length])) }
  }

  /** Takes the means of a phase; the figures are those of the student's. */
  #measure(phase: RunningPhase, step: Step, total: tf.Scalar, parts: ExampleLosses): void {
    const isStudent = phase.learner === 'student'
    const figures: Readonly<Record<string, tf.Scalar>> = isStudent
      ? (this.#run.task.batchFigures?.(step.studentLogits, this.#labels) ?? {})
      : {}
    const prefix = isStudent ? '' : `${phase.name}/`
    const entries = Object.entries(parts)
    const isTotal = entries.length === 1 && this.#batch.mixup === undefined
    const means: Record<string, tf.Scalar> = {}
    for (const [name, part] of entries) means[`${prefix}${name}`] = isTotal ? total : tf.mean(part)
    for (const scalar of [...Object.values(figures), ...Object.values(means)]) {
      this.#kept.push(tf.keep(scalar))
    }
    this.#means = {
      total: isStudent ? total : (this.#means?.total ?? total),
      figures: { ...this.#means?.figures, ...figures },
      parts: { ...this.#means?.parts, ...means },
    }
  }
}
