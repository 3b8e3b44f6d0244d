import { util } from '@tensorflow/tfjs-core'
import { registerNative } from '../native-kernel.js'
import { numbers } from '../numbers.js'

/** Registers batch normalisation with given statistics, and softmax. */
export function registerNormalizationKernels(): void {
  registerNative<{ varianceEpsilon?: number }>('FusedBatchNorm', ({ inputs, attributes, backend }) => {
    const { x, mean, variance, scale, offset } = inputs
    const vectors = [mean!, variance!, ...(scale == null ? [] : [scale]), ...(offset == null ? [] : [offset])]
    if ([x!, ...vectors].some((tensor) => tensor.dtype !== 'float32')) return undefined
    // The values repeat along x; the addon takes one length for all of them.
    const columns = util.sizeFromShape(mean!.shape)
    const size = util.sizeFromShape(x!.shape)
    if (columns === 0 || size % columns !== 0) return undefined
    if (vectors.some((vector) => util.sizeFromShape(vector.shape) !== columns)) return undefined
    const y = backend.allocate(x!.shape, 'float32')
    backend.addon.batchNorm(
      backend.floats(x!),
      backend.floats(mean!),
      backend.floats(variance!),
      scale == null ? undefined : backend.floats(scale),
      offset == null ? undefined : backend.floats(offset),
      y.values,
      numbers(size / columns, columns, attributes.varianceEpsilon ?? 0.001),
    )
    return y.info
  })
  registerNative<{ dim: number }>('Softmax', ({ inputs, attributes, backend }) => {
    const logits = inputs['logits']!
    const rank = logits.shape.length
    const last = attributes.dim === -1 || attributes.dim === rank - 1
    const classes = logits.shape.at(-1) ?? 0
    if (logits.dtype !== 'float32' || !last || classes === 0) return undefined
    const out = backend.allocate(logits.shape, 'float32')
    backend.addon.KdSoftmax!(
      backend.floats(logits),
      out.values,
      numbers(out.values.length / classes, classes, 1, 1), // one attribute: temperature 1
    )
    return out.info
  })
}
