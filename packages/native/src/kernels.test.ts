// @isolated: replaces registered kernels of the native engine
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectSame, snapshot, type Snapshot } from './testing/expect-same.js'
import type { KernelCase } from './testing/arbitrary-tensors.js'
import { kernelCases } from './testing/kernel-cases.js'
import { nativeKernels } from './native-kernel.js'
import { loadNative, needsAddon, onBackend } from './testing/load-native.js'

const native = await loadNative()
const ran = native === undefined ? new Set<string>() : recordRuns()
// The nightly script asks for 10,000.
const runs = Number(process.env['KD_NATIVE_CASES'] ?? 20)

/** For families that add up numbers of either sign, whose terms cancel, each of them at most 16. */
const sums = [
  'matMul',
  'unusualMatMul',
  'convolution',
  'unusualConvolution',
  'otherConvolution',
  'depthwise',
  'overhangingDepthwise',
  'pooling',
  'reduction',
  'emptyReduction',
  'segmentSum',
  'addN',
  'batchNorm',
  'layerNorm',
  'mixed',
  'activationGradient',
  'reductionGradient',
  'fusedGradient',
  'gatherGradient',
  'batchNormTraining',
  'exampleLoss',
  'optimizerStep',
  'wideConvolution',
  'unusualWideConvolution',
  'wideBlock',
]

/** By how much results may differ beside rounding to float32. */
function absoluteTolerance(family: string): number | undefined {
  if (sums.includes(family)) return 2e-5
  if (family.startsWith('method')) return 2e-6
  // Where a variance is 0, normalisation makes 31 times as much of what the mean lost: 1 / sqrt(its epsilon of 0.001).
  if (family === 'block') return 5e-5
  // The cpu engine's own: its erf is an approximation, and its elu loses what is small beside 1.
  return { erf: 2e-7, unary: 1e-15 }[family]
}

describe('native kernels', needsAddon(native !== undefined), () => {
  for (const [family, cases] of Object.entries(kernelCases)) {
    it(`compute what the cpu engine computes: ${family}`, () => {
      fc.assert(
        fc.property(cases, (run) => {
          const wanted = onBackend('cpu', () => snapshots(run))
          const actual = onBackend('native', () => snapshots(run))
          expect(actual.length).toBe(wanted.length)
          const absolute = absoluteTolerance(family)
          actual.forEach((result, index) => expectSame(result, wanted[index]!, 2e-5, absolute))
        }),
        { numRuns: runs, seed: Number(process.env['KD_NATIVE_SEED'] ?? 7) },
      )
    }, 3_600_000)
  }

  it('were all run by the cases above', () => {
    const untried = [...nativeKernels].filter((name) => !ran.has(name))
    expect(untried).toEqual([])
  })
})

/** Notes which kernels of the package run without falling back. */
function recordRuns(): Set<string> {
  const ran = new Set<string>()
  const fallbacks = (): number => native!.fallbackReport().reduce((sum, { calls }) => sum + calls, 0)
  for (const name of nativeKernels) {
    const config = tf.getKernel(name, 'native')
    tf.unregisterKernel(name, 'native')
    const kernelFunc: tf.KernelFunc = (call) => {
      const before = fallbacks()
      const result = config.kernelFunc(call)
      if (fallbacks() === before) ran.add(name)
      return result
    }
    tf.registerKernel({ ...config, kernelFunc })
  }
  return ran
}

function snapshots(run: KernelCase): Snapshot[] {
  const before = tf.engine().backend.numDataIds()
  tf.engine().startScope()
  try {
    return [run()].flat().map(snapshot)
  } finally {
    tf.engine().endScope()
    // What a kernel made for itself alone is not seen by TensorFlow.js.
    expect(tf.engine().backend.numDataIds()).toBe(before)
  }
}
