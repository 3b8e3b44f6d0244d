import { getKernel, getKernelsForBackend, registerKernel } from '@tensorflow/tfjs-core'
import { registerBatchNormKernels } from './fusion/batch-norm-layer.js'
import { registerFoldedChainKernel } from './fusion/folded-chain.js'
import { registerGradientKernels } from './fusion/gradients.js'
import { registerOptimizerKernels } from './fusion/optimizers.js'
import { registerRowKernels } from './fusion/row-kernels.js'
import { registerBinaryKernels } from './kernels/binary.js'
import { registerWeightedLayerKernels } from './fusion/weighted-layers.js'
import { registerConvolutionKernels } from './kernels/convolution.js'
import { registerIndexingKernels } from './kernels/indexing.js'
import { registerLayoutKernels } from './kernels/layout.js'
import { registerMatMulKernels } from './kernels/matmul.js'
import { registerNormalizationKernels } from './kernels/normalization.js'
import { registerPoolingKernels } from './kernels/pooling.js'
import { registerReductionKernels } from './kernels/reduction.js'
import { registerReshapeKernels } from './kernels/reshape.js'
import { registerUnaryKernels } from './kernels/unary.js'
import { registerValueKernels } from './kernels/values.js'
import { runOnCpu } from './native-kernel.js'

/** Registers all kernels of the backend: native ones, and the cpu engine's for everything else. */
export function registerKernels(): void {
  registerUnaryKernels()
  registerBinaryKernels()
  registerMatMulKernels()
  registerConvolutionKernels()
  registerPoolingKernels()
  registerReductionKernels()
  registerNormalizationKernels()
  registerReshapeKernels()
  registerLayoutKernels()
  registerIndexingKernels()
  registerValueKernels()
  registerGradientKernels()
  registerBatchNormKernels()
  registerWeightedLayerKernels()
  registerFoldedChainKernel()
  registerRowKernels()
  registerOptimizerKernels()
  for (const { kernelName } of getKernelsForBackend('cpu')) {
    if (getKernel(kernelName, 'native') == null) {
      registerKernel({ kernelName, backendName: 'native', kernelFunc: runOnCpu(kernelName) })
    }
  }
}
