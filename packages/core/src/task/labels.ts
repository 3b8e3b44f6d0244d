/** What a label can be stored as: class indices, several yes or no, numbers to be predicted. */
export type LabelArray = Int32Array | Float32Array | Uint8Array

/** Numbers in one example's label. */
export function labelSize({ labelShape }: { readonly labelShape: readonly number[] }): number {
  return labelShape.reduce((product, size) => product * size, 1)
}

/** Copies the labels of some rows. */
export function labelRows<Labels extends LabelArray>(
  labels: Labels,
  rows: ArrayLike<number>,
  size: number,
): Labels {
  const taken = new (labels.constructor as new (length: number) => Labels)(rows.length * size)
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]! * size
    for (let index = 0; index < size; index++) taken[row * size + index] = labels[from + index]!
  }
  return taken
}
