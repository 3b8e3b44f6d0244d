import type { Dataset } from '@kd/core'
import type { ClassCount } from '@kd/report'
import type { ScoredById } from '../log/read-selection-scores.js'
import type { ExampleValues } from './example-values.js'

/** How many labels of each class Label Revision revised, if the method has it. */
export function revisedByClass(
  values: ExampleValues | undefined,
  labels: Int32Array,
  classes: number,
): ClassCount[] {
  const moved = values?.moved
  if (moved === undefined) return []
  return [{ name: 'soft labels revised', ...count(labels, classes, (row) => moved[row]! > 0) }]
}

/** How many examples of each class Data Selection chose, if the method has it. */
export function chosenByClass(
  selection: ReadonlyMap<number, ScoredById> | undefined,
  { train: { ids, labels }, classNames }: Dataset,
): ClassCount[] {
  if (selection === undefined) return []
  const isChosen = (row: number): boolean => selection.get(ids[row]!)?.chosen === true
  return [{ name: 'chosen to be distilled', ...count(labels, classNames.length, isChosen) }]
}

function count(
  labels: Int32Array,
  classes: number,
  holds: (row: number) => boolean,
): Pick<ClassCount, 'examples' | 'counts'> {
  const examples = new Array<number>(classes).fill(0)
  const counts = new Array<number>(classes).fill(0)
  for (const [row, label] of labels.entries()) {
    examples[label]! += 1
    if (holds(row)) counts[label]! += 1
  }
  return { examples, counts }
}
