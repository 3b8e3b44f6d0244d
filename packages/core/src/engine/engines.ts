import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'
import type { EngineLoader, EngineName } from './engine.js'
import { importOptional, versionIn, type Module } from './import-optional.js'
import { assertNode, restoreRemovedUtilities } from './node-runtime.js'
import { registerWasmTrainingKernels } from './wasm/register-wasm-training-kernels.js'
import { webgpuEngine } from './webgpu-engine.js'

/** libtensorflow with CUDA. */
const nodeGpuEngine: EngineLoader = {
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

/** oneDNN on the CPU, by our own package. */
const nativeEngine: EngineLoader = {
  name: 'native',
  backend: 'native',
  async load() {
    assertNode()
    return versionIn(await importOptional('@kd/native'), 'version')
  },
}

/** libtensorflow on the CPU, where tfjs-node is installed and its binary works. */
const nodeEngine: EngineLoader = {
  name: 'node',
  backend: 'tensorflow',
  async load() {
    assertNode()
    restoreRemovedUtilities()
    const node = await importOptional(
      '@tensorflow/tfjs-node',
      'npm rebuild @tensorflow/tfjs-node repeats its download; without one build the addon: docs/engines.md of @kd says how',
    )
    return versionIn(node, 'version', 'tfjs-node')
  },
}

/** WebAssembly with SIMD, and the kernels that training needs: anywhere. */
const wasmEngine: EngineLoader = {
  name: 'wasm',
  backend: 'wasm',
  async load({ wasmPath }) {
    const wasm = await import('@tensorflow/tfjs-backend-wasm')
    if (wasmPath !== undefined) wasm.setWasmPaths(wasmPath)
    registerWasmTrainingKernels()
    return versionIn({ ...wasm }, 'version_wasm')
  },
}

/** Plain JavaScript: slow, and the reference that the others are tested against. */
const cpuEngine: EngineLoader = {
  name: 'cpu',
  backend: 'cpu',
  async load() {
    const cpu: Module = await import('@tensorflow/tfjs-backend-cpu')
    return versionIn(cpu, 'version_cpu')
  },
}

/** Every engine in the default order; webgpu runs only when asked for. */
export const engines: Readonly<Record<EngineName, EngineLoader>> = {
  'node-gpu': nodeGpuEngine,
  native: nativeEngine,
  node: nodeEngine,
  wasm: wasmEngine,
  cpu: cpuEngine,
  webgpu: webgpuEngine,
}

/** Names in the default order. */
export const engineNames: readonly EngineName[] = Object.keys(engines) as EngineName[]
