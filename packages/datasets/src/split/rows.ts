import type { Examples, RandomSource } from '@kd/core'

/** Options of {@link chooseRows}. */
export interface RowChoice {
  readonly labels: Int32Array
  /** How many rows to choose, at most as many as there are labels. */
  readonly count: number
  /** Whether each class gets its share: count * (rows of the class) / N, rounded so that the sum is exact. */
  readonly stratified: boolean
  readonly random: RandomSource
}

/** Draws rows without replacement, and returns them in ascending order. */
export function chooseRows({ labels, count, stratified, random }: RowChoice): Int32Array {
  if (!stratified) return random.shuffle(Int32Array.from(labels.keys())).slice(0, count).sort()
  const rowsByClass = rowsOfEachClass(labels)
  const chosen = new Int32Array(count)
  let filled = 0
  for (const [index, quota] of shares(
    rowsByClass.map((rows) => (count * rows.length) / labels.length),
    count,
  ).entries()) {
    chosen.set(random.split(index).shuffle(rowsByClass[index]!).slice(0, quota), filled)
    filled += quota
  }
  return chosen.sort()
}

/** Returns the rows of each class in ascending order; a class without rows has an empty array. */
export function rowsOfEachClass(labels: Int32Array): Int32Array[] {
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
export function gatherExamples(examples: Examples, rows: Int32Array): Examples {
  const { labels, ids, cleanLabels } = examples
  const size = examples.inputs.length / labels.length
  const inputs =
    examples.inputs instanceof Uint8Array
      ? new Uint8Array(rows.length * size)
      : new Float32Array(rows.length * size)
  for (const [to, row] of rows.entries())
    inputs.set(examples.inputs.subarray(row * size, (row + 1) * size), to * size)
  return {
    inputs,
    labels: rows.map((row) => labels[row]!),
    ids: rows.map((row) => ids[row]!),
    ...(cleanLabels && { cleanLabels: rows.map((row) => cleanLabels[row]!) }),
  }
}
