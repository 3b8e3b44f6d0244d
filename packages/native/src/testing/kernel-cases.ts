import type fc from 'fast-check'
import type { KernelCase } from './arbitrary-tensors.js'
import { block } from './block-cases.js'
import { elementwise } from './elementwise-cases.js'
import { gradients } from './gradient-cases.js'
import { layouts } from './layout-cases.js'
import { emptyReduction, longReduction, matMul, norms, reduction, unusualMatMul } from './reduction-cases.js'
import {
  convolution,
  depthwise,
  otherConvolution,
  overhangingDepthwise,
  pooling,
  unusualConvolution,
} from './window-cases.js'
import { wideConvolutions } from './wide-convolution-cases.js'
import { methodCases } from './method-cases.js'

/** Random cases of every kernel family that has a native implementation. */
export const kernelCases: Readonly<Record<string, fc.Arbitrary<KernelCase>>> = {
  ...elementwise,
  matMul,
  unusualMatMul,
  convolution,
  unusualConvolution,
  otherConvolution,
  depthwise,
  overhangingDepthwise,
  pooling,
  reduction,
  emptyReduction,
  longReduction,
  ...wideConvolutions,
  ...layouts,
  ...norms,
  ...gradients,
  block,
  ...methodCases,
}
