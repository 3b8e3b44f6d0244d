import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { NativeBackend } from '../native-backend.js'
import { registerNative, type KernelCall } from '../native-kernel.js'
import { numbers } from '../numbers.js'
import { binary } from './binary.js'
import { activate, canActivate } from './unary.js'

type ConvInfo = backend_util.Conv2DInfo
type Shape4 = [number, number, number, number]

interface ConvAttributes {
  readonly strides: number | [number, number]
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  readonly dilations?: number | [number, number]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
  readonly dataFormat?: 'NHWC' | 'NCHW'
  readonly activation?: string
  readonly leakyreluAlpha?: number
  readonly inputShape?: Shape4
  readonly filterShape?: Shape4
}

type Kind = 'full' | 'depthwise'

/** Registers convolutions, depthwise ones too, with their gradients. */
export function registerConvolutionKernels(): void {
  registerNative<ConvAttributes>('Conv2D', (call) => forward(call, 'full'))
  registerNative<ConvAttributes>('FusedConv2D', (call) => forward(call, 'full'))
  registerNative<ConvAttributes>('Conv2DBackpropInput', (call) => inputGradient(call, 'full'))
  registerNative<ConvAttributes>('Conv2DBackpropFilter', (call) => filterGradient(call, 'full'))
  registerNative<ConvAttributes>('DepthwiseConv2dNative', (call) => forward(call, 'depthwise'))
  registerNative<ConvAttributes>('FusedDepthwiseConv2D', (call) => forward(call, 'depthwise'))
  registerNative<ConvAttributes>('DepthwiseConv2dNativeBackpropInput', (call) =>
    inputGradient(call, 'depthwise'),
  )
  registerNative<ConvAttributes>('DepthwiseConv2dNativeBackpropFilter', (call) =>
    filterGradient(call, 'depthwise'),
  )
}

function forward(
  { inputs, attributes, backend }: KernelCall<ConvAttributes>,
  kind: Kind,
): TensorInfo | undefined {
  const x = inputs['x']!
  const filter = inputs['filter']!
  const bias = inputs['bias']
  if (!canActivate(attributes.activation) || !allFloats(x, filter, bias)) return undefined
  const info = describeConvolution(x.shape, filter.shape, attributes, kind)
  if (info === undefined) return undefined
  const direct = bias == null || util.sizeFromShape(bias.shape) === info.outChannels
  const y = backend.allocate(info.outShape, 'float32')
  backend.addon.convolution(
    backend.floats(x),
    backend.floats(filter),
    direct && bias != null ? backend.floats(bias) : undefined,
    y.values,
    pack(info, kind),
  )
  const result = direct ? y.info : addBias(backend, y.info, bias)
  activate(backend, result, attributes.activation, attributes.leakyreluAlpha)
  return result
}

function addBias(backend: NativeBackend, y: TensorInfo, bias: TensorInfo): TensorInfo {
  const sum = binary(backend, 'add', y, bias)!
  backend.disposeIntermediateTensorInfo(y)
  return sum
}

function inputGradient(
  { inputs, attributes, backend }: KernelCall<ConvAttributes>,
  kind: Kind,
): TensorInfo | undefined {
  const dy = inputs['dy']!
  const filter = inputs['filter']!
  if (!allFloats(dy, filter)) return undefined
  const info = describeConvolution(attributes.inputShape!, filter.shape, attributes, kind)
  if (info === undefined || !util.arraysEqual(info.outShape, dy.shape)) return undefined
  const dx = backend.allocate(info.inShape, 'float32')
  backend.addon.convolutionInputGrad(backend.floats(dy), backend.floats(filter), dx.values, pack(info, kind))
  return dx.info
}

function filterGradient(
  { inputs, attributes, backend }: KernelCall<ConvAttributes>,
  kind: Kind,
): TensorInfo | undefined {
  const x = inputs['x']!
  const dy = inputs['dy']!
  if (!allFloats(x, dy)) return undefined
  const info = describeConvolution(x.shape, attributes.filterShape!, attributes, kind)
  if (info === undefined || !util.arraysEqual(info.outShape, dy.shape)) return undefined
  const dFilter = backend.allocate(attributes.filterShape!, 'float32')
  backend.addon.convolutionFilterGrad(backend.floats(x), backend.floats(dy), dFilter.values, pack(info, kind))
  return dFilter.info
}

function allFloats(...tensors: (TensorInfo | null | undefined)[]): boolean {
  return tensors.every((tensor) => tensor == null || tensor.dtype === 'float32')
}

/** Sizes and paddings; undefined for what the addon does not take: channels first, and empty tensors. */
export function describeConvolution(
  inShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvAttributes,
  kind: Kind,
): ConvInfo | undefined {
  if (attributes.dataFormat === 'NCHW') return undefined
  const info = backend_util.computeConv2DInfo(
    inShape as unknown as Shape4,
    filterShape as unknown as Shape4,
    attributes.strides,
    attributes.dilations ?? 1,
    attributes.pad,
    attributes.dimRoundingMode,
    kind === 'depthwise',
  )
  const empty =
    util.sizeFromShape([...inShape]) *
    util.sizeFromShape([...filterShape]) *
    util.sizeFromShape(info.outShape)
  if (empty === 0) return undefined
  // What the last window leaves over at the end; oneDNN wants less than one stride. TensorFlow.js leaves more where a
  // padding is given as a number and the window is not square.
  const { padInfo } = info
  const over = (size: number, window: number, stride: number, before: number, out: number): number =>
    size + before - ((out - 1) * stride + window)
  const bottom = over(
    info.inHeight,
    info.effectiveFilterHeight,
    info.strideHeight,
    padInfo.top,
    info.outHeight,
  )
  const right = over(info.inWidth, info.effectiveFilterWidth, info.strideWidth, padInfo.left, info.outWidth)
  return bottom < info.strideHeight && right < info.strideWidth ? info : undefined
}

const pack = (info: ConvInfo, kind: Kind): Float64Array => numbers(...sizesOf(info, kind))

/** The numbers of a convolution in the order of the addon. */
export function sizesOf(info: ConvInfo, kind: Kind): number[] {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
    Number(kind === 'depthwise'),
  ]
}
