import { median } from 'simple-statistics'
import { afterEach, describe, expect, it } from 'vitest'
import { expectSame, type Snapshot } from './testing/expect-same.js'
import { gradientsOf } from './testing/gradients-of.js'
import { loadNative, needsAddon, onBackend } from './testing/load-native.js'
import { batchFor, networks } from './testing/networks.js'

const native = await loadNative()

/**
 * So many units are near the kink of a ReLU, after so few numbers per normalisation, that a change of its images by 2e-7 changes
 * its gradient by 5e-5 on the cpu engine alone, and more in single tensors, some of which are 0 but for rounding; in six of eight
 * batches by 2e-4 to 0.02. Only its whole gradient can be compared, in the first batch.
 */
const curved = ['mobilenet-v2']

/**
 * In one batch of thirty, one unit of WRN-16-1 lies so near the kink that rounding decides, by whatever algorithm: the gradient
 * then differs by 0.005 to 0.03. So one batch of three may.
 */
const kinked = 0.1

describe('gradients of whole networks on native', needsAddon(native !== undefined), () => {
  afterEach(() => {
    native!.useFusions(true)
  })

  it.each(Object.entries(networks))("equal the cpu engine's, with and without fusions: %s", (name, make) => {
    const batches = curved.includes(name) ? [0] : [0, 1, 2]
    const wanted = batches.map((batch) => onBackend('cpu', () => gradients(make, batch)))
    for (const fused of [true, false]) {
      native!.useFusions(fused)
      const actual = batches.map((batch) => gradients(make, batch))
      const distances = actual.map((found, index) => distance(found, wanted[index]!))
      expect(median(distances)).toBeLessThan(1e-4)
      expect(Math.max(...distances)).toBeLessThan(kinked)
      actual.forEach((found, index) => {
        expect(Object.keys(found)).toEqual(Object.keys(wanted[index]!))
        if (curved.includes(name) || distances[index]! >= 1e-4) return
        for (const key of Object.keys(found)) expectSame(found[key]!, wanted[index]![key]!, 1e-4)
      })
    }
  })

  it.each(Object.entries(networks))('take no kernel in plain JavaScript: %s', (_, make) => {
    const model = make()
    const batch = batchFor(model, 4)
    native!.resetFallbacks()
    gradientsOf(model, batch)
    expect(native!.fallbackReport()).toEqual([])
    model.dispose()
  })
})

function gradients(make: (typeof networks)[string], batch: number): Record<string, Snapshot> {
  const model = make()
  const found = gradientsOf(model, batchFor(model, 4, batch))
  model.dispose()
  return found
}

/** Length of the difference of two gradients, relative to the gradient's. */
function distance(actual: Record<string, Snapshot>, wanted: Record<string, Snapshot>): number {
  let difference = 0
  let length = 0
  for (const key of Object.keys(wanted).filter((name) => name.startsWith('gradient'))) {
    Array.from(wanted[key]!.values).forEach((value, index) => {
      difference += (value - actual[key]!.values[index]!) ** 2
      length += value ** 2
    })
  }
  return Math.sqrt(difference / length)
}
