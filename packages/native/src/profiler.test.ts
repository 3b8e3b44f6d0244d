import { Session } from 'node:inspector/promises'
import { describe, expect, it } from 'vitest'
import { gradientsOf } from './testing/gradients-of.js'
import { loadNative, needsAddon } from './testing/load-native.js'
import { batchFor, networks } from './testing/networks.js'

const native = await loadNative()

describe('native under the CPU profiler', needsAddon(native !== undefined), () => {
  // The profiler interrupts the thread by signals, in the middle of machine code that oneDNN made. A prototype of this engine
  // lost its heap so.
  it('computes what it computes without', async () => {
    const names = ['mlp', 'cnn', 'resnet-8', 'transformer', 'lstm']
    const steps = (): unknown[] =>
      names.map((name) => {
        const model = networks[name]!()
        const found = Array.from({ length: 3 }, () => gradientsOf(model, batchFor(model, 8)))
        model.dispose()
        return found
      })
    const wanted = steps()
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 200 })
    await session.post('Profiler.start')
    const actual = steps()
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    expect(profile.samples!.length).toBeGreaterThan(200)
    expect(actual).toEqual(wanted)
  }, 300_000)
})
