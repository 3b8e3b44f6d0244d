import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors/kd-error.js'
import type { EngineLoader } from './engine.js'
import { importOptional, versionIn } from './import-optional.js'
import { assertNode, restoreRemovedUtilities } from './node-runtime.js'

/** libtensorflow with CUDA. */
export const nodeGpuEngine: EngineLoader = {
  name: 'node-gpu',
  backend: 'tensorflow',
  async load() {
    assertNode()
    restoreRemovedUtilities()
    const gpu = await importOptional(
      '@tensorflow/tfjs-node-gpu',
      'npm rebuild @tensorflow/tfjs-node-gpu repeats its download',
    )
    return versionIn(gpu, 'version', 'tfjs-node')
  },
  verify() {
    // Without CUDA libraries libtensorflow goes on, on the CPU; then 'node' or another engine is the honest choice.
    const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean }
    if (isUsingGpuDevice !== true) {
      throw new KdError('@tensorflow/tfjs-node-gpu loads but finds no CUDA device', {
        hint: "install NVIDIA's driver, CUDA 11.2 and cuDNN 8.1, and see that LD_LIBRARY_PATH names them",
      })
    }
  },
}
