/** What a label can be stored as: class indices, several yes or no, numbers to be predicted. */
export type LabelArray = Int32Array | Float32Array | Uint8Array

/** Numbers in one example's label. */
export function labelSize({ labelShape }: { readonly labelShape: readonly number[] }): number {
  return labelShape.reduce((product, size) => product * size, 1)
}
