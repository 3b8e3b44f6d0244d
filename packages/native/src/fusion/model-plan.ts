import { findChains, type Chain } from './chain-plan.js'
import type { Block, Padding, Step } from './plan-step.js'
import {
  activationOf,
  type BatchNormalization,
  type Convolution,
  type Dense,
  type Layer,
  type SymbolicTensor,
} from './layers.js'

/** A model's steps in an order in which they can run. */
export interface Plan {
  readonly steps: readonly Step[]
  /** How many steps, and outputs of the model, take a tensor, by its id. */
  readonly uses: ReadonlyMap<number, number>
  /** Steps that run as one outside of training, by the index of the first. */
  readonly chains: ReadonlyMap<number, Chain>
}

interface Graph {
  readonly inputs: readonly SymbolicTensor[]
  readonly outputs: readonly SymbolicTensor[]
}

/**
 * Finds the layers of a model that can run as one. Only what nobody else looks at disappears into a block.
 *
 * @param model - of tfjs-layers
 * @returns its plan, or undefined for models with layers of several outputs, with state or with masks
 */
export function planModel(model: Graph): Plan | undefined {
  const sorted = sort(model)
  if (sorted === undefined) return undefined
  const uses = countUses(sorted, model.outputs)
  const hidden = new Set<number>()
  const steps: Step[] = []
  // From the end, so that the longest block is found first.
  for (const output of sorted.toReversed()) {
    if (hidden.has(output.id)) continue
    const parts = blockEndingIn(output, (tensor) => uses.get(tensor.id) === 1 && sorted.includes(tensor))
    const single = parts.members.map((member) => alone(member))
    for (const member of parts.members) if (member !== output) hidden.add(member.id)
    const { block } = parts
    if (block === undefined) steps.push(alone(output))
    else {
      const first = parts.members[0]!.inputs[0]!
      const inputs = block.residual === undefined ? [first] : [first, block.residual]
      steps.push({ inputs, output, layer: output.sourceLayer, block, single })
    }
  }
  steps.reverse()
  const left = countUses(steps, model.outputs)
  return { steps, uses: left, chains: findChains(steps, left) }
}

function alone(output: SymbolicTensor): Step {
  return { inputs: output.inputs, output, layer: output.sourceLayer, block: undefined, single: [] }
}

function sort(model: Graph): SymbolicTensor[] | undefined {
  const sorted: SymbolicTensor[] = []
  const done = new Set(model.inputs.map(({ id }) => id))
  // An explicit stack: deep nets are deeper than the call stack needs to be.
  const open = [...model.outputs]
  while (open.length > 0) {
    const tensor = open.at(-1)!
    if (done.has(tensor.id)) {
      open.pop()
      continue
    }
    if (!isPlain(tensor)) return undefined
    const waiting = tensor.inputs.filter(({ id }) => !done.has(id))
    if (waiting.length > 0) open.push(...waiting)
    else {
      done.add(tensor.id)
      sorted.push(tensor)
      open.pop()
    }
  }
  return sorted
}

/** Masks come from Embedding and Masking only; a tensor with an index is one output of several. */
function isPlain({ sourceLayer, inputs, outputTensorIndex }: SymbolicTensor): boolean {
  const name = sourceLayer.getClassName()
  const masks = name === 'Masking' || (name === 'Embedding' && Reflect.get(sourceLayer, 'maskZero') === true)
  return inputs.length > 0 && outputTensorIndex == null && !sourceLayer.stateful && !masks
}

function countUses(
  steps: readonly { readonly inputs: readonly SymbolicTensor[] }[],
  outputs: readonly SymbolicTensor[],
): Map<number, number> {
  const uses = new Map<number, number>()
  for (const { id } of [...steps.flatMap(({ inputs }) => inputs), ...outputs]) {
    uses.set(id, (uses.get(id) ?? 0) + 1)
  }
  return uses
}

interface Found {
  /** The layers from the first to the last. */
  readonly members: readonly SymbolicTensor[]
  readonly block: Block | undefined
}

function blockEndingIn(output: SymbolicTensor, isPrivate: (tensor: SymbolicTensor) => boolean): Found {
  const members = [output]
  const goOn = (tensor: SymbolicTensor): SymbolicTensor => {
    members.unshift(tensor)
    return tensor
  }
  let head = output
  let block: Block = {}
  const relu = reluLimit(head.sourceLayer)
  if (relu !== undefined && isPrivate(head.inputs[0]!)) {
    head = goOn(head.inputs[0]!)
    block = { relu }
  }
  const summed = head.sourceLayer.getClassName() === 'Add' && head.inputs.length === 2
  const norm = summed ? head.inputs.find((tensor) => isNorm(tensor) && isPrivate(tensor)) : undefined
  if (norm !== undefined) {
    const residual = head.inputs.find((tensor) => tensor !== norm)!
    head = goOn(norm)
    block = { ...block, residual }
  }
  if (isNorm(head)) {
    block = { ...block, norm: head.sourceLayer as BatchNormalization }
    const before = head.inputs[0]!
    if (!isConvolution(before) || !isLinear(before) || !isPrivate(before)) return { members, block }
    head = goOn(before)
  } else if (head.sourceLayer.getClassName() !== 'Conv2D' || (relu !== undefined && !isLinear(head))) {
    return withoutConvolution(output, head, members)
  }
  const convolution = head.sourceLayer as Convolution
  const zeros = head.inputs[0]!
  const padding =
    convolution.padding === 'valid' && isPrivate(zeros) ? paddingOf(zeros.sourceLayer) : undefined
  if (padding === undefined) return { members, block: { ...block, convolution } }
  goOn(zeros)
  return { members, block: { ...block, convolution, padding } }
}

/** A product, or a layer that runs alone. */
function withoutConvolution(output: SymbolicTensor, head: SymbolicTensor, members: SymbolicTensor[]): Found {
  const isDense = head === output && head.sourceLayer.getClassName() === 'Dense'
  if (isDense) return { members, block: { dense: head.sourceLayer as Dense } }
  return { members: [output], block: undefined }
}

function paddingOf(layer: Layer): Padding | undefined {
  if (layer.getClassName() !== 'ZeroPadding2D' || Reflect.get(layer, 'dataFormat') !== 'channelsLast')
    return undefined
  return Reflect.get(layer, 'padding') as Padding
}

function reluLimit(layer: Layer): number | undefined {
  const name = layer.getClassName()
  if (name === 'Activation') return activationOf(layer as Convolution) === 'relu' ? Infinity : undefined
  if (name !== 'ReLU') return undefined
  return (Reflect.get(layer, 'maxValue') as number | null | undefined) ?? Infinity
}

const isNorm = ({ sourceLayer }: SymbolicTensor): boolean =>
  sourceLayer.getClassName() === 'BatchNormalization'
const isConvolution = ({ sourceLayer }: SymbolicTensor): boolean =>
  ['Conv2D', 'DepthwiseConv2D'].includes(sourceLayer.getClassName())
const isLinear = ({ sourceLayer }: SymbolicTensor): boolean =>
  activationOf(sourceLayer as Convolution) === 'linear'
