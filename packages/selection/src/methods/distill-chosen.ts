import { studentPhases } from '@kd/core'
import type { ExampleLosses, FeatureMap, RunningMethod, Step, View } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ValueOf } from './values-by-id.js'

/**
 * Lets a method see only the chosen examples wherever the student learns, and teaches the others by their labels, as `selected` does.
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
