import { util } from '@tensorflow/tfjs-core'
import { registerNative } from '../native-kernel.js'

/** Registers the kernels that only rename a shape. */
export function registerReshapeKernels(): void {
  registerNative<{ shape: number[] }>('Reshape', ({ inputs, attributes, backend }) => {
    const x = inputs['x']!
    if (x.dtype === 'complex64') return undefined
    const size = util.sizeFromShape(x.shape)
    const shape = util.inferFromImplicitShape(attributes.shape, size)
    if (util.sizeFromShape(shape) !== size) return undefined // the cpu kernel says what is wrong
    return backend.share(x, shape)
  })
  registerNative<{ dim: number }>('ExpandDims', ({ inputs, attributes, backend }) => {
    const x = inputs['input']!
    if (x.dtype === 'complex64') return undefined
    const place = attributes.dim < 0 ? attributes.dim + x.shape.length + 1 : attributes.dim
    if (place < 0 || place > x.shape.length) return undefined // the cpu kernel says what is wrong
    return backend.share(x, [...x.shape.slice(0, place), 1, ...x.shape.slice(place)])
  })
}
