import type { BatchNormalization, Convolution, Dense, Layer, SymbolicTensor } from './layers.js'

/** Zeros at the top and bottom, and left and right. */
export type Padding = readonly [readonly [number, number], readonly [number, number]]

/** Layers that run as one: zeros, a convolution or product, its normalisation, a sum, a relu; each may be missing. */
export interface Block {
  /** Around what a convolution reads that adds none of its own; the layer is the block's first. */
  readonly padding?: Padding
  readonly convolution?: Convolution
  readonly dense?: Dense
  readonly norm?: BatchNormalization
  readonly residual?: SymbolicTensor
  /** The upper limit of the relu at the end: Infinity, or 6. */
  readonly relu?: number
}

/** One layer, or several as a block, at one place of the graph. */
export interface Step {
  readonly inputs: readonly SymbolicTensor[]
  readonly output: SymbolicTensor
  readonly layer: Layer
  readonly block: Block | undefined
  /** The same layers one by one, for inputs that a block does not take. */
  readonly single: readonly Step[]
}
