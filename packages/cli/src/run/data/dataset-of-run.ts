import type { AnyDataset, Examples, LabelArray } from '@kd/core'
import type { InputMatch } from '../model/match-input.js'

/**
 * Gives a data set as the model of a run knows data: its normalization, its order of columns and classes.
 *
 * @param dataset - with columns and classes of the same names
 * @param match - of the run with this data set
 * @returns the same examples, for the model of the run
 */
export function datasetOfRun(dataset: AnyDataset, match: InputMatch): AnyDataset {
  const { normalization, classNames, columns } = match
  const names = dataset.featureNames
  const moved = (examples: Examples<LabelArray>): Examples<LabelArray> => movedExamples(examples, match)
  return {
    ...dataset,
    normalization,
    classNames,
    ...(columns && names && { featureNames: columns.map((column) => names[column]!) }),
    train: moved(dataset.train),
    ...(dataset.validation && { validation: moved(dataset.validation) }),
    ...(dataset.test && { test: moved(dataset.test) }),
  }
}

function movedExamples(
  examples: Examples<LabelArray>,
  { columns, classes }: InputMatch,
): Examples<LabelArray> {
  const { inputs, labels, cleanLabels, ids } = examples
  const count = ids.length
  return {
    ...examples,
    ...(columns && { inputs: movedColumns(inputs, columns) }),
    ...(classes && { labels: movedLabels(labels, classes, count) }),
    ...(classes && cleanLabels && { cleanLabels: movedLabels(cleanLabels, classes, count) }),
  }
}

function movedLabels(labels: LabelArray, classes: readonly number[], count: number): LabelArray {
  // One number for each output of an example.
  if (labels.length !== count) return movedColumns(labels, classes)
  const places = new Int32Array(classes.length)
  for (const [place, label] of classes.entries()) places[label] = place
  return labels.map((label) => places[label]!)
}

/** Puts the columns of rows into another order. */
function movedColumns<Values extends Examples<LabelArray>['inputs'] | LabelArray>(
  values: Values,
  columns: readonly number[],
): Values {
  const size = columns.length
  return values.map((_, at) => values[at - (at % size) + columns[at % size]!]!) as Values
}
