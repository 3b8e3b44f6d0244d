import { gatherRows, type Examples, type LabelArray, type RandomSource } from '@kd/core'

/** Options of {@link chooseRows}. */
export interface RowChoice {
  readonly examples: Examples<LabelArray>
  /** How many rows to choose, at most as many as there are examples. */
  readonly count: number
  /** Whether each class gets its share: count * (rows of the class) / N, rounded so that the sum is exact. */
  readonly stratified: boolean
  readonly random: RandomSource
}

/** Draws rows without replacement, and returns them in ascending order. */
export function chooseRows({ examples, count, stratified, random }: RowChoice): Int32Array {
  const total = examples.ids.length
  if (!stratified) return random.shuffle(rowsUpTo(total)).slice(0, count).sort()
  const rowsByClass = rowsOfEachClass(examples.labels)
  const chosen = new Int32Array(count)
  let filled = 0
  for (const [index, quota] of shares(
    rowsByClass.map((rows) => (count * rows.length) / total),
    count,
  ).entries()) {
    chosen.set(random.split(index).shuffle(rowsByClass[index]!).slice(0, quota), filled)
    filled += quota
  }
  return chosen.sort()
}

/** Returns 0, 1, … count - 1. */
export function rowsUpTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row)
}

/** Returns the rows of each class in ascending order; a class without rows has an empty array. */
export function rowsOfEachClass(labels: LabelArray): Int32Array[] {
  const rows: number[][] = []
  for (const [row, label] of labels.entries()) {
    while (rows.length <= label) rows.push([])
    rows[label]!.push(row)
  }
  return rows.map((classRows) => Int32Array.from(classRows))
}

/** Rounds parts to whole numbers with the given sum: the largest remainders are rounded up, the first among equal ones. */
function shares(parts: readonly number[], sum: number): number[] {
  const whole = parts.map(Math.floor)
  const missing = sum - whole.reduce((total, part) => total + part, 0)
  const byRemainder = [...parts.keys()].sort((a, b) => parts[b]! - whole[b]! - (parts[a]! - whole[a]!))
  for (const index of byRemainder.slice(0, missing)) whole[index]! += 1
  return whole
}

/** Copies rows of a split, in the order given; ids and clean labels go with them. */
export function gatherExamples<Labels extends LabelArray>(
  examples: Examples<Labels>,
  rows: Int32Array,
): Examples<Labels> {
  const { labels, ids, cleanLabels } = examples
  const size = examples.inputs.length / ids.length
  const sizeOfLabel = labels.length / ids.length
  return {
    inputs: gatherRows(examples.inputs, rows, size),
    labels: gatherRows(labels, rows, sizeOfLabel),
    ids: rows.map((row) => ids[row]!),
    ...(cleanLabels && { cleanLabels: gatherRows(cleanLabels, rows, sizeOfLabel) }),
  }
}
