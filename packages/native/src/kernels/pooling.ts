import { backend_util, util } from '@tensorflow/tfjs-core'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'

interface PoolAttributes {
  readonly filterSize: number | [number, number]
  readonly strides: number | [number, number]
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** Registers pooling and its gradients. */
export function registerPoolingKernels(): void {
  for (const [name, pool] of [
    ['MaxPool', 'maxPool'],
    ['AvgPool', 'avgPool'],
  ] as const) {
    registerNative<PoolAttributes>(name, ({ inputs, attributes, backend }) => {
      const x = inputs['x']!
      if (x.dtype !== 'float32') return undefined
      const info = describe(x.shape, attributes)
      if (isIdentity(info)) return backend.share(x, x.shape)
      const y = backend.allocate(info.outShape, 'float32')
      backend.addon[pool](backend.floats(x), y.values, pack(info))
      return y.info
    })
  }
  registerNative<PoolAttributes>('MaxPoolGrad', ({ inputs, attributes, backend }) => {
    const { dy, input, output } = inputs
    if (input!.dtype !== 'float32') return undefined
    const info = describe(input!.shape, attributes)
    // Strides that went forward as if they were 1: what the output holds is not of the windows that the strides give.
    if (isIdentity(info) && (info.strideHeight > 1 || info.strideWidth > 1)) return undefined
    const dx = backend.allocate(input!.shape, 'float32')
    backend.addon.maxPoolGrad(
      backend.floats(input!),
      backend.floats(output!),
      backend.floats(dy!),
      dx.values,
      pack(info),
    )
    return dx.info
  })
  registerNative<PoolAttributes>('AvgPoolGrad', ({ inputs, attributes, backend }) => {
    const { dy, input } = inputs
    const info = describe(input!.shape, attributes)
    // Windows of different sizes at the edges are rounded by the same rule in both directions, or not at all.
    if (util.sizeFromShape(info.outShape) !== util.sizeFromShape(dy!.shape)) return undefined
    const dx = backend.allocate(input!.shape, 'float32')
    backend.addon.avgPoolGrad(backend.floats(dy!), dx.values, pack(info))
    return dx.info
  })
}

/** Computes what the cpu engine does, also where a padding would shift the image or a stride leave some of it out. */
function isIdentity({ filterHeight, filterWidth, inShape, outShape }: backend_util.Conv2DInfo): boolean {
  return filterHeight === 1 && filterWidth === 1 && util.arraysEqual(inShape, outShape)
}

function describe(shape: number[], attributes: PoolAttributes): backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes
  return backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
}

function pack(info: backend_util.Conv2DInfo): Float64Array {
  return numbers(
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  )
}
