import { registerBackend } from '@tensorflow/tfjs-core'
import { totalmem } from 'node:os'
import packageJson from '../package.json' with { type: 'json' }
import { loadAddon } from './addon.js'
import { fallbackReport, timeFallbacks } from './fallbacks.js'
import { fuseBatchNormLayer } from './fusion/batch-norm-layer.js'
import { fuseModelCalls } from './fusion/model-call.js'
import { installGradients } from './fusion/gradients.js'
import { NativeBackend } from './native-backend.js'
import { registerKernels } from './register-kernels.js'
import { defaultThreads } from './threads.js'

const addon = loadAddon()
let backend: NativeBackend | undefined
addon.setThreads(defaultThreads())
addon.setWinograd(Number(process.env['KD_NATIVE_WINOGRAD'] !== '0'))
registerKernels()
installGradients()
fuseBatchNormLayer()
fuseModelCalls()
// Above the cpu and wasm engines, so that importing this package is enough; a quarter of the memory may wait in the pool.
registerBackend(
  'native',
  () => {
    installGradients()
    return (backend = new NativeBackend(addon, totalmem() / 4))
  },
  4,
)

if (process.env['KD_NATIVE_DEBUG'] === '1') {
  timeFallbacks(true)
  process.on('exit', () => console.table(fallbackReport()))
}

/** The version of this package. */
export const version: string = packageJson.version

/**
 * Sets how many threads kernels use. The default is KD_NATIVE_THREADS or OMP_NUM_THREADS if set, else one per physical core
 * that this process may use, at most 16. Results are the same bit for bit as long as the number is.
 *
 * @param threads - in [1, 1024]
 * @throws RangeError otherwise
 *
 * @example
 * ```ts no-run
 * import { setThreads } from '@kd/native'
 *
 * setThreads(2)
 * ```
 */
export function setThreads(threads: number): void {
  backend?.settle()
  addon.setThreads(threads)
}

/**
 * Switches minimal filtering on or off, after S. Winograd: convolutions of 3 × 3 taps with stride 1, whose numbers of channels are
 * multiples of 16, in a third to two thirds of the time. On at the start, unless KD_NATIVE_WINOGRAD is 0. Results agree to rounding:
 * its error is some two to three times that of a sum of products, relative to the largest numbers of 6 × 6 neighbouring pixels. Off,
 * each result depends on its own 3 × 3 pixels alone, which matters where numbers of very different size lie side by side.
 *
 * @param enabled - whether to use it
 *
 * @example
 * ```ts no-run
 * import { useWinograd } from '@kd/native'
 *
 * useWinograd(false)
 * ```
 */
export function useWinograd(enabled: boolean): void {
  backend?.settle()
  addon.setWinograd(Number(enabled))
}

/**
 * @returns how many threads kernels use
 */
export function getThreads(): number {
  return addon.getThreads()
}

/**
 * @returns oneDNN's version and the instruction set of the element-wise loops, for bug reports
 */
export function describeNative(): string {
  return addon.describe()
}

export { NativeUnavailableError } from './addon.js'
export { fallbackReport, resetFallbacks, timeFallbacks, type Fallback } from './fallbacks.js'
export { useFusions } from './fusion/fusions.js'
