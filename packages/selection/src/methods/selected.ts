import { studentPhases, wrapMethod } from '@kd/core'
import type { ExampleLosses, FeatureMap, Method, RunningMethod, Step, View } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import { exampleColumns } from './example-columns.js'
import { givenValues, type ByIdOptions, type ValueOf } from './values-by-id.js'

/**
 * Data Selection (DS): distils only chosen examples and teaches the others by their labels.
 *
 *     loss_i = the method's,                   where the mask of example i is 1
 *     loss_i = the task's loss to label_i      elsewhere: for classes CE(student_i, label_i)
 *     total  = mean_i loss_i                   over all examples of the batch
 *
 * The method sees the chosen examples of the batch and no others: their logits, features and views. So whatever it means over a batch or
 * over groups in it (Label Revision's group means, the correlations of DIST) is taken over them, and counts with their share of the
 * batch. Its views are made of the whole batch and then cut to the chosen rows. Where the method has phases in which the student does not
 * learn, these see the whole batch. Parts: the method's, and `unselected`.
 *
 * With Label Revision inside it is the paper's full method: `selected(labelRevision(), mask)`.
 *
 * @param method - distils the chosen examples; any method for any task
 * @param mask - 1 to distil and 0 for labels only, as {@link selectTop} gives it
 * @param options - `ids: dataset.train.ids` for a mask in the order of a training split; without it the mask is by example id
 * @returns the combined method, named `selected-` and the method's name; of single examples it says `selected`, 1 or 0, beside what the
 * method says
 * @throws {@link InvalidArgumentError} when the mask is empty, its values are not 0 and 1, or ids and mask differ in length; in
 * training when an example has no row
 *
 * @example
 * ```ts
 * import { labelRevision } from '@kd/losses'
 * import { selected, selectTop } from '@kd/selection'
 *
 * const influence = [0.3, -0.1, 0.2, 0.4]
 * const method = selected(labelRevision(), selectTop(influence, { fraction: 0.75 }))
 * console.log(method.name) // selected-label-revision
 * ```
 *
 * @see Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693. That the rest is taught by labels
 * is the paper's; how the two meet in one batch is our choice.
 */
export function selected(method: Method, mask: ArrayLike<number>, { ids }: ByIdOptions = {}): Method {
  const maskOf = givenValues(mask, ids, 'mask', 'selected', { binary: true })
  return wrapMethod(method, {
    name: `selected-${method.name}`,
    start: (_, inner) => ({
      ...distillChosen(inner, maskOf),
      examples: exampleColumns(inner, () => ({ selected: maskOf })),
    }),
  })
}

/**
 * Lets a method see only the chosen examples wherever the student learns, and teaches the others by their labels, see {@link selected}.
 *
 * @param inner - the method in a run
 * @param maskOf - 1 for an example that is distilled, 0 for the others
 * @returns what changes of the method
 */
export function distillChosen(
  inner: RunningMethod,
  maskOf: ValueOf,
): Pick<RunningMethod, 'phases'> & Partial<Pick<RunningMethod, 'afterStep'>> {
  return {
    phases: studentPhases(inner, (step, lossOf) => chosenLoss(step, lossOf, maskOf)),
    ...(inner.afterStep && {
      // The method remembers the rows that its loss has seen.
      afterStep: (step) => {
        inner.afterStep!(takeRows(step, seenRows(chosenRows(step, maskOf))))
      },
    }),
  }
}

function chosenLoss(step: Step, lossOf: (step: Step) => ExampleLosses, maskOf: ValueOf): ExampleLosses {
  const rows = chosenRows(step, maskOf)
  const parts = lossOf(takeRows(step, seenRows(rows)))
  const places = new Int32Array(step.ids.length).fill(Math.max(rows.length, 1))
  rows.forEach((row, place) => (places[row] = place))
  const indices = tf.tensor1d(places, 'int32')
  const unselected = tf.tensor1d(Array.from(step.ids, (id) => 1 - maskOf(id)))
  return {
    ...Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        tf.gather(tf.concat1d([part, tf.zeros<tf.Rank.R1>([1])]), indices),
      ]),
    ),
    unselected: tf.mul(unselected, step.task.labelLoss(step.studentLogits, step.labels)),
  }
}

function chosenRows({ ids }: Step, maskOf: ValueOf): number[] {
  return Array.from(ids.keys()).filter((row) => maskOf(ids[row]!) === 1)
}

/** The method also runs when nothing is chosen, on a row that then counts 0, so that every step has the same parts. */
function seenRows(rows: readonly number[]): readonly number[] {
  return rows.length > 0 ? rows : [0]
}

function takeRows(step: Step, rows: readonly number[]): Step {
  if (rows.length === step.ids.length) return step
  const indices = tf.tensor1d([...rows], 'int32')
  return {
    ...step,
    ...takeRowsOfView(step, indices),
    ids: Int32Array.from(rows, (row) => step.ids[row]!),
    labels: tf.gather(step.labels, indices),
    views: Object.fromEntries(
      Object.entries(step.views).map(([name, view]) => [name, takeRowsOfView(view, indices)]),
    ),
  }
}

function takeRowsOfView(view: View, indices: tf.Tensor1D): View {
  // A student or teacher that does not see a view says nothing about it.
  const take = <Table extends tf.Tensor | undefined>(table: Table): Table =>
    table === undefined ? table : tf.gather(table, indices)
  const takeAll = (features: FeatureMap): FeatureMap =>
    Object.fromEntries(Object.entries(features).map(([name, feature]) => [name, take(feature)]))
  return {
    inputs: take(view.inputs),
    studentLogits: take(view.studentLogits),
    teacherLogits: view.teacherLogits.map(take),
    studentFeatures: takeAll(view.studentFeatures),
    teacherFeatures: view.teacherFeatures.map(takeAll),
  }
}
