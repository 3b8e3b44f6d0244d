import * as tf from '@tensorflow/tfjs-core'
import { describeConvolution, sizesOf } from '../kernels/convolution.js'
import type { NativeBackend } from '../native-backend.js'
import { registerNative, type KernelCall } from '../native-kernel.js'
import type { Chain, ChainBlock } from './chain-plan.js'
import { isDepthwise, windowOf } from './weighted-layers.js'

const KERNEL = 'KdFoldedChain'

/** A chain for inputs of known shapes. */
interface Prepared {
  readonly inputShapes: readonly number[][]
  readonly outputShapes: readonly number[][]
  /** The description for the addon; see folded-chain.cc. */
  readonly packed: Float64Array
}
interface Attributes {
  readonly chain: Chain
  readonly prepared: Prepared
}

/**
 * Registers a chain of convolutions as one kernel without a gradient. Each normalisation, by moving averages, goes into filter
 * and bias; a sum and a relu are made of what is still in the cache.
 */
export function registerFoldedChainKernel(): void {
  registerNative<Attributes>(KERNEL, ({ inputs, attributes, backend }) => {
    const { chain, prepared } = attributes
    const outputs = prepared.outputShapes.map((shape) => backend.allocate(shape, 'float32'))
    backend.addon.foldedChain(
      ...chain.inputs.map((_, index) => backend.floats(inputs[nameOf(index)]!)),
      ...outputs.map(({ values }) => values),
      ...chain.blocks.flatMap((block) => arraysOf(block, backend)),
      prepared.packed,
    )
    return outputs.map(({ info }) => info)
  })
}

const nameOf = (index: number): string => `x${index}`

function arraysOf({ convolution, norm }: ChainBlock, backend: NativeBackend): (Float32Array | undefined)[] {
  const filter = (convolution.depthwiseKernel ?? convolution.kernel)!
  const variables = [
    filter,
    convolution.bias,
    norm.gamma,
    norm.beta,
    norm.movingMean,
    norm.movingVariance,
  ] as const
  return variables.map((variable) => (variable == null ? undefined : backend.floats(variable.read())))
}

const latest = new WeakMap<Chain, Prepared>()

/**
 * @param chain - of layers that are built
 * @param inputs - its inputs
 * @returns its outputs, or undefined where it does not take the inputs
 */
export function runFoldedChain(chain: Chain, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
  if (inputs.some((x) => x.rank !== 4 || x.dtype !== 'float32' || x.size === 0)) return undefined
  let prepared = latest.get(chain)
  if (
    prepared === undefined ||
    !inputs.every(({ shape }, index) => tf.util.arraysEqual(shape, prepared!.inputShapes[index]!))
  ) {
    prepared = prepare(
      chain,
      inputs.map(({ shape }) => shape),
    )
    if (prepared === undefined) return undefined
    latest.set(chain, prepared)
  }
  const named = Object.fromEntries(inputs.map((x, index) => [nameOf(index), x]))
  const attributes: KernelCall<Attributes>['attributes'] = { chain, prepared }
  return tf.engine().runKernel<tf.Tensor[]>(KERNEL, named, attributes as unknown as tf.NamedAttrMap)
}

/** Undefined for a sum that broadcasts, and for what the addon's convolution does not take. */
function prepare(chain: Chain, inputShapes: readonly number[][]): Prepared | undefined {
  const shapes = [...inputShapes]
  const batch = shapes[0]![0]!
  if (shapes.some((shape) => shape[0] !== batch)) return undefined
  const packed = [shapes.length, chain.outputs.length, chain.blocks.length, batch]
  for (const { convolution, norm, padding, source, residual, output, relu } of chain.blocks) {
    const kind = isDepthwise(convolution) ? 'depthwise' : 'full'
    const filter = (convolution.depthwiseKernel ?? convolution.kernel)!.read()
    const info = describeConvolution(shapes[source - 1]!, filter.shape, windowOf(convolution, padding), kind)
    if (info === undefined) return undefined
    if (residual > 0 && !tf.util.arraysEqual(shapes[residual - 1]!, info.outShape)) return undefined
    shapes.push(info.outShape)
    const ending = [norm.epsilon, Number(relu !== undefined), relu ?? Infinity]
    packed.push(source, residual, output, ...ending, ...sizesOf(info, kind))
  }
  const outputShapes = shapes.slice(inputShapes.length).filter((_, index) => chain.blocks[index]!.output > 0)
  return { inputShapes, outputShapes, packed: Float64Array.from(packed) }
}
