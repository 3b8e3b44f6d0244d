import { constants } from 'node:buffer'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadAddon } from './addon.js'
import { MemoryPool } from './memory-pool.js'
import { NativeBackend } from './native-backend.js'
import { loadNative, needsAddon } from './testing/load-native.js'

const native = await loadNative()

describe('memory of the native backend', needsAddon(native !== undefined), () => {
  afterEach(() => {
    tf.disposeVariables()
  })

  it('gives a disposed tensor its memory to the next one', () => {
    const backend = nativeBackend()
    const first = tf.fill([100, 100], 1)
    const { buffer } = backend.floats(first)
    first.dispose()
    const second = tf.fill([100, 100], 2)
    expect(backend.floats(second).buffer).toBe(buffer)
    second.dispose()
  })

  it('reads large tensors without a copy, and never changes what was read', () => {
    const backend = nativeBackend()
    const tensor = tf.fill([64, 1024], 3)
    const { buffer } = backend.floats(tensor)
    const read = tensor.dataSync()
    expect(read.buffer).toBe(buffer)
    tensor.dispose()
    const next = Array.from({ length: 4 }, () => tf.fill([64, 1024], 4))
    expect(read.every((value) => value === 3)).toBe(true)
    tf.dispose(next)
  })

  it('copies small ones', () => {
    const tensor = tf.fill([10], 3)
    const read = tensor.dataSync()
    tensor.dispose()
    tf.fill([10], 4).dispose()
    expect([...read]).toEqual(Array<number>(10).fill(3))
  })

  it('copies what a cpu kernel hands back as a view of its input', () => {
    const tensor = tf.fill([64, 1024], 5)
    const info = tf.getKernel('Slice', 'cpu').kernelFunc({
      inputs: { x: tensor },
      attrs: { begin: [1, 0], size: [1, 1024] },
      backend: tf.backend(),
    }) as tf.TensorInfo
    const slice = tf.engine().makeTensorFromTensorInfo(info, tf.backend())
    tensor.dispose()
    const next = tf.fill([64, 1024], 6)
    expect(slice.dataSync().every((value) => value === 5)).toBe(true)
    tf.dispose([slice, next])
  })

  it('counts tensors truthfully, also those that share data', () => {
    const before = tf.memory()
    const tensor = tf.fill([1000], 1)
    const shared = tf.reshape(tensor, [10, 100])
    expect(tf.memory().numTensors).toBe(before.numTensors + 2)
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1)
    tensor.dispose()
    expect(shared.dataSync()[999]).toBe(1)
    shared.dispose()
    expect(tf.memory().numTensors).toBe(before.numTensors)
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
  })

  it('counts the bytes of every type', () => {
    const before = tf.memory().numBytes
    const floats = tf.fill([1000], 1)
    const tensors = [floats, tf.cast(floats, 'int32'), tf.cast(floats, 'bool')]
    expect(tf.memory().numBytes - before).toBe(4000 + 4000 + 1000)
    tf.dispose(tensors)
    expect(tf.memory().numBytes).toBe(before)
  })

  it('gives the memory of a burst back when it is not needed any more', () => {
    const inPool = (): number => (tf.memory() as unknown as { numBytesInPool: number }).numBytesInPool
    const burst = Array.from({ length: 4 }, () => tf.fill([2 ** 22], 1))
    tf.dispose(burst)
    expect(inPool()).toBeGreaterThanOrEqual(4 * 2 ** 24)
    for (let count = 0; count < 120_000; count++) tf.fill([4], 1).dispose()
    expect(inPool()).toBeLessThan(2 ** 24)
  })

  it('refuses what the machine has no memory left for, before the system would end the process', () => {
    const pool = new MemoryPool(loadAddon(), 1000)
    expect(() => pool.take(constants.MAX_LENGTH + 1)).toThrow(RangeError)
    expect(() => loadAddon().allocate(constants.MAX_LENGTH + 64)).toThrow()
    const left = vi.spyOn(process, 'availableMemory').mockReturnValue(2 ** 28)
    expect(() => pool.take(2 ** 29)).toThrow(/out of memory/)
    left.mockRestore()
    expect(pool.take(1000).buffer.byteLength).toBeGreaterThanOrEqual(1000)
  })

  it('moves tensors between backends', async () => {
    const tensor = tf.fill([100, 100], 7)
    await tf.setBackend('cpu')
    const doubled = tf.mul(tensor, 2)
    await tf.setBackend('native')
    expect(tf.add(doubled, 1).dataSync()[5]).toBe(15)
  })

  it('keeps no more than its limit, and gives back what lies unused', () => {
    const pool = new MemoryPool(loadAddon(), 1000)
    const blocks = Array.from({ length: 4 }, () => pool.take(400))
    blocks.forEach((block) => pool.give(block))
    expect(pool.freeBytes).toBeLessThanOrEqual(1000)
    expect(pool.freeBytes).toBeGreaterThan(0)
    for (let count = 0; count < 150_000; count++) pool.give(pool.take(64))
    expect(pool.freeBytes).toBe(64)
  })
})

function nativeBackend(): NativeBackend {
  const backend = tf.backend()
  if (!(backend instanceof NativeBackend)) throw new Error('the native backend must be current')
  return backend
}

describe('the addon', needsAddon(native !== undefined), () => {
  it('answers every wrong call with a JavaScript error', () => {
    const addon = loadAddon() as unknown as Record<string, (...given: unknown[]) => unknown>
    const huge = Float64Array.from({ length: 64 }, () => 2 ** 40)
    const ones = new Float64Array(64).fill(1)
    const wrong = [undefined, null, 'text', {}, [], new Float32Array(0), new Int32Array(3), NaN, -1, huge]
    const harmless = ['getThreads', 'describe', 'version', 'cachedPrimitives']
    for (const [name, call] of Object.entries(addon)) {
      if (harmless.includes(name)) continue
      expect(() => call(), name).toThrow()
      for (const value of wrong) expect(() => call(...Array<unknown>(9).fill(value)), name).toThrow()
      // Arrays of the right types that are too small for the sizes that follow.
      if (['allocate', 'setThreads', 'setWinograd'].includes(name)) continue
      for (let tensors = 1; tensors <= 8; tensors++) {
        const arrays = Array.from({ length: tensors }, () => new Float32Array(2))
        const run = (): unknown => call(...arrays, huge)
        expect(run, name).toThrow()
        try {
          call(...arrays, ones)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }
    }
  })

  it('finds erf, which the cpu engine only approximates', () => {
    expect(tf.erf(tf.tensor1d([1e-9, 0.5, -2])).dataSync()[0]).toBeCloseTo(1.1283792e-9, 15)
    expect(tf.erf(0.5).dataSync()[0]).toBeCloseTo(0.5204998778, 7)
  })

  it('sets its threads', () => {
    const before = native!.getThreads()
    native!.setThreads(1)
    expect(native!.getThreads()).toBe(1)
    expect(() => native!.setThreads(0)).toThrow(/threads must be in/)
    native!.setThreads(before)
  })

  it('refuses labels out of range instead of reading beyond the logits', () => {
    const run = (): unknown =>
      tf.engine().runKernel('KdCrossEntropy', {
        logits: tf.zeros([2, 3]),
        labels: tf.tensor1d([0, 3], 'int32'),
      })
    expect(run).toThrow(/labels must be in \[0, 2\], got 3 in row 1/)
  })
})
