import * as tf from '@tensorflow/tfjs-core'
import type { Split } from '../dataset/dataset.js'
import { InvalidArgumentError } from '../errors.js'
import type { EpochContext } from '../method/epoch-context.js'
import type { Step } from '../method/step.js'
import type { Outputs } from '../model/model.js'
import { gatherRows } from '../dataset/gather-rows.js'
import { labelSize } from '../task/labels.js'
import { disposeOutputs } from '../teacher/ask-teacher.js'
import { isPromise } from '../teacher/teacher.js'
import type { RunState } from './run-state.js'
import { forEachSplitBatch } from './split-pass.js'

/**
 * Makes what a method may use before an epoch.
 *
 * @param run - the run
 * @param epoch - about to start
 * @returns the context
 */
export function makeEpochContext(run: RunState, epoch: number): EpochContext {
  const { student, random, passFeatures, stepsPerEpoch } = run
  const { dataset, epochs, callbacks } = run.options
  const { ids, labels } = dataset.train
  const { schedule } = run.phases.find(({ learner }) => learner === 'student')!
  const learningRateOf = (of: number): number => schedule({ epoch: of, step: 0, stepsPerEpoch, epochs })
  const forward = (inputs: tf.Tensor): Outputs =>
    student.forward(inputs, { mode: 'eval', features: passFeatures })
  return {
    epoch,
    epochs,
    learningRate: learningRateOf(epoch),
    learningRateOf,
    idLimit: ids.reduce((limit, id) => Math.max(limit, id + 1), 0),
    train: { ids, labels: labels as Int32Array },
    random: random.split('method'),
    student: {
      variables: student.variables,
      forward,
      logits: (inputs) => student.forward(inputs, { mode: 'eval', features: [] }).logits as tf.Tensor2D,
    },
    forEachBatch: (split, visit, pass = {}) => passOver(run, { split, epoch, ...pass }, visit),
    note: (notes) => callbacks?.onMethodNotes?.(epoch, notes),
  }
}

/** Which examples a pass goes over, and with whom. */
export interface RunPass {
  readonly split: Split
  readonly epoch: number
  readonly batchSize?: number
  readonly shuffle?: { shuffle(order: Int32Array): unknown }
  /** @defaultValue true */
  readonly teachers?: boolean
  /** The rows to go over; all by default. */
  readonly rows?: Int32Array
}

/**
 * Runs student and teachers as in use over a split, without gradients.
 *
 * @param run - the run
 * @param pass - see {@link RunPass}
 * @param visit - called for each batch; its tensors are disposed when it returns
 * @throws {@link InvalidArgumentError} when the data set lacks the split
 */
export async function passOver(
  run: RunState,
  { split, epoch, batchSize, shuffle, teachers = true, rows }: RunPass,
  visit: (batch: Step) => void | Promise<void>,
): Promise<void> {
  const { task, student, passFeatures } = run
  const { dataset } = run.options
  const examples = dataset[split]
  if (examples === undefined) {
    throw new InvalidArgumentError(`forEachBatch: split must be one that ${dataset.name} has, got ${split}`)
  }
  const order = rows ?? Int32Array.from(examples.ids.keys())
  shuffle?.shuffle(order)
  await forEachSplitBatch({ dataset, examples, batchSize, order }, async ({ inputs, rows, ids }) => {
    const answers: Outputs[] = []
    let ofStudent: Outputs | undefined
    const labels = task.labelTensor(gatherRows(examples.labels, rows, labelSize(task)), rows.length)
    try {
      ofStudent = tf.tidy(() => ({ ...student.forward(inputs, { mode: 'eval', features: passFeatures }) }))
      for (const index of teachers ? run.teachers.keys() : []) {
        const answer = run.answers.inPass(index, { view: 'clean', inputs, rows, ids, split })
        answers.push(isPromise(answer) ? await answer : answer)
      }
      await visit({
        inputs,
        ids,
        labels: labels as tf.Tensor1D,
        task,
        epoch,
        views: {},
        studentLogits: ofStudent.logits as tf.Tensor2D,
        studentFeatures: ofStudent.features,
        teacherLogits: answers.map(({ logits }) => logits as tf.Tensor2D),
        teacherFeatures: answers.map(({ features }) => features),
      })
    } finally {
      labels.dispose()
      if (ofStudent !== undefined) disposeOutputs(ofStudent)
      answers.forEach(disposeOutputs)
    }
  })
}
