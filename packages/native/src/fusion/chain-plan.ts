import type { BatchNormalization, Convolution, SymbolicTensor } from './layers.js'
import type { Padding, Step } from './plan-step.js'

/**
 * A convolution of a chain, and what follows it. Tensors are counted from 1: the chain's inputs, then what each block gives; 0 is
 * none.
 */
export interface ChainBlock {
  readonly convolution: Convolution
  readonly norm: BatchNormalization
  readonly padding: Padding | undefined
  readonly source: number
  readonly residual: number
  /** Which of the chain's outputs it gives, from 1 on, or 0. */
  readonly output: number
  /** The upper limit of the relu at the end. */
  readonly relu: number | undefined
}

/** Steps that follow one another and can run as one kernel outside of training. */
export interface Chain {
  readonly steps: readonly Step[]
  readonly inputs: readonly SymbolicTensor[]
  /** What is looked at elsewhere. */
  readonly outputs: readonly SymbolicTensor[]
  readonly blocks: readonly ChainBlock[]
}

/** The addon keeps its primitives by shape, and all of a chain's at once. */
const MOST_BLOCKS = 128

/**
 * Finds the chains of a plan.
 *
 * @param steps - in their order
 * @param uses - how many steps, and outputs of the model, take a tensor, by its id
 * @returns the chains by the index of their first step
 */
export function findChains(
  steps: readonly Step[],
  uses: ReadonlyMap<number, number>,
): ReadonlyMap<number, Chain> {
  const chains = new Map<number, Chain>()
  for (let start = 0; start < steps.length;) {
    let end = start
    while (end < steps.length && end - start < MOST_BLOCKS && isFoldable(steps[end]!)) end += 1
    if (end > start) chains.set(start, chainOf(steps.slice(start, end), uses))
    start = Math.max(end, start + 1)
  }
  return chains
}

function isFoldable({ block }: Step): boolean {
  const { convolution, norm } = block ?? {}
  return (
    convolution !== undefined &&
    norm !== undefined &&
    (norm.axis === -1 || norm.axis === 3) &&
    convolution.dataFormat === 'channelsLast' &&
    (convolution.padding === 'same' || convolution.padding === 'valid')
  )
}

function chainOf(steps: readonly Step[], uses: ReadonlyMap<number, number>): Chain {
  const own = new Set(steps.map(({ output }) => output.id))
  const read = steps.flatMap((step) => step.inputs)
  const inputs = new Map(read.filter(({ id }) => !own.has(id)).map((tensor) => [tensor.id, tensor]))
  const usesInside = (id: number): number => read.filter((tensor) => tensor.id === id).length
  const outputs = steps.map(({ output }) => output).filter(({ id }) => uses.get(id)! > usesInside(id))
  const order = [...inputs.keys(), ...own]
  const numberOf = (tensor: SymbolicTensor | undefined): number =>
    tensor === undefined ? 0 : order.indexOf(tensor.id) + 1
  const blocks = steps.map(({ block, inputs: [source, residual], output }) => ({
    convolution: block!.convolution!,
    norm: block!.norm!,
    padding: block!.padding,
    source: numberOf(source),
    residual: numberOf(residual),
    output: outputs.indexOf(output) + 1,
    relu: block!.relu,
  }))
  return { steps, inputs: [...inputs.values()], outputs, blocks }
}
