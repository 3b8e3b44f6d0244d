import { afterEach, describe, expect, it } from 'vitest'
import { expectSame, type Snapshot } from './testing/expect-same.js'
import { gradientsOf } from './testing/gradients-of.js'
import { loadNative, onBackend } from './testing/load-native.js'
import { batchFor, networks } from './testing/networks.js'

const native = await loadNative()

/**
 * So many units are near the kink of a ReLU, after so few numbers per normalisation, that a change of its images by 2e-7 changes
 * its gradient by 5e-5 on the cpu engine alone, and more in single tensors, some of which are 0 but for rounding. Only its
 * whole gradient can be compared.
 */
const curved = ['mobilenet-v2']

describe.skipIf(native === undefined)('gradients of whole networks on native', () => {
  afterEach(() => {
    native!.useFusions(true)
  })

  it.each(Object.entries(networks))("equal the cpu engine's, with and without fusions: %s", (name, make) => {
    const wanted = onBackend('cpu', () => gradients(make))
    for (const fused of [true, false]) {
      native!.useFusions(fused)
      const actual = gradients(make)
      expect(Object.keys(actual)).toEqual(Object.keys(wanted))
      expect(distance(actual, wanted)).toBeLessThan(1e-4)
      if (curved.includes(name)) continue
      for (const key of Object.keys(wanted)) expectSame(actual[key]!, wanted[key]!, 1e-4)
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

function gradients(make: (typeof networks)[string]): Record<string, Snapshot> {
  const model = make()
  const found = gradientsOf(model, batchFor(model, 4))
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
