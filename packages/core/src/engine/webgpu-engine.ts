import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'
import type { EngineLoader } from './engine.js'
import { importOptional } from './import-optional.js'
import { runsInNode } from './node-runtime.js'

interface Gpu {
  requestAdapter(): Promise<object | null>
}

/** Any GPU by WebGPU: of the browser, or in Node by the package `webgpu` (Dawn). */
export const webgpuEngine: EngineLoader = {
  name: 'webgpu',
  backend: 'webgpu',
  async load() {
    return runsInNode() ? loadInNode() : checkBrowser()
  },
}

/** Dawn's, once made: a second one in its place has the first, and every device made with it, collected as garbage. */
let nodeGpu: Gpu | undefined

async function loadInNode(): Promise<string> {
  const { create, globals } = (await importOptional('webgpu')) as {
    create: (options: string[]) => Gpu
    globals: object
  }
  const gpu = nodeGpu ?? create([])
  await assertAdapter(gpu)
  nodeGpu = gpu
  // The backend expects a browser's globals. Node 20 has no navigator; later ones have one that can't be replaced.
  const scope = globalThis as { navigator?: object; self?: unknown }
  Object.assign(globalThis, globals)
  scope.self ??= globalThis
  if (scope.navigator === undefined)
    Object.defineProperty(scope, 'navigator', { value: {}, configurable: true })
  Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true })
  await importOptional('@tensorflow/tfjs-backend-webgpu')
  return versionOfBackend()
}

async function checkBrowser(): Promise<string> {
  const { gpu } = (globalThis as { navigator?: { gpu?: Gpu } }).navigator ?? {}
  if (gpu === undefined) throw new KdError('this browser has no WebGPU')
  await assertAdapter(gpu)
  // A page imports the backend itself, so that its bundler sees it.
  // The type leaves out that an unknown name gives null.
  if ((tf.findBackendFactory('webgpu') as object | null) === null) {
    throw new KdError('@tensorflow/tfjs-backend-webgpu is not loaded', {
      hint: "import '@tensorflow/tfjs-backend-webgpu' in the page",
    })
  }
  return versionOfBackend()
}

/** It exports none, but goes with this very version of tfjs-core and no other. */
function versionOfBackend(): string {
  return tf.version_core
}

async function assertAdapter(gpu: Gpu): Promise<void> {
  if ((await gpu.requestAdapter()) === null) {
    throw new KdError('WebGPU finds no adapter: no GPU, or no driver for it', {
      hint: 'on Linux install libvulkan1 and the Vulkan driver of your GPU; `vulkaninfo --summary` has to show it',
    })
  }
}
