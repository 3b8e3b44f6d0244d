import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterEach, describe, expect, it } from 'vitest'
import { expectSame, type Snapshot } from '../testing/expect-same.js'
import { loadNative, needsAddon } from '../testing/load-native.js'
import { noise } from '../testing/noise.js'

const native = await loadNative()
const size = 12

type Filter = [height: number, width: number, inChannels: number, outChannels: number]

/** A convolution's output and both its gradients, where the output's gradient is noise as well. */
function convolve([height, width, inChannels, outChannels]: Filter, batch = 3): Float32Array[] {
  return tf.tidy(() => {
    const shape: [number, number, number, number] = [batch, size, size, inChannels]
    const x = tf.tensor(noise(tf.util.sizeFromShape(shape), 0, 2), shape)
    const filterShape: Filter = [height, width, inChannels, outChannels]
    const filter = tf.tensor(noise(tf.util.sizeFromShape(filterShape), 7, 2), filterShape)
    const run = (image: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
      tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, 'same')
    const y = run(x, filter)
    const dy = tf.tensor(noise(y.size, 3, 2), y.shape)
    return [y, ...tf.grads(run)([x, filter], dy)].map((tensor) => tensor.dataSync<'float32'>().slice())
  })
}

/** The same output in float64. */
function exact(inChannels: number, outChannels: number): Float64Array {
  const batch = 3
  const x = noise(batch * size * size * inChannels, 0, 2)
  const filter = noise(9 * inChannels * outChannels, 7, 2)
  const y = new Float64Array(batch * size * size * outChannels)
  for (let at = 0; at < y.length; at++) {
    const k = at % outChannels
    const column = Math.floor(at / outChannels) % size
    const row = Math.floor(at / outChannels / size) % size
    const image = Math.floor(at / outChannels / size / size)
    for (let tap = 0; tap < 9; tap++) {
      const [fromRow, fromColumn] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1]
      if (fromRow < 0 || fromColumn < 0 || fromRow >= size || fromColumn >= size) continue
      const pixel = ((image * size + fromRow) * size + fromColumn) * inChannels
      for (let c = 0; c < inChannels; c++)
        y[at]! += x[pixel + c]! * filter[(tap * inChannels + c) * outChannels + k]!
    }
  }
  return y
}

/** Root mean square of the difference, relative to that of the second. */
function error(actual: Float32Array, wanted: Float64Array): number {
  let [difference, length] = [0, 0]
  wanted.forEach((value, index) => {
    difference += (value - actual[index]!) ** 2
    length += value ** 2
  })
  return Math.sqrt(difference / length)
}

/** Where many numbers differ, Vitest takes minutes to say so. */
const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer).equals(Buffer.from(b.buffer))

const vector = (values: ArrayLike<number>): Snapshot => ({ shape: [values.length], dtype: 'float32', values })

function chain(): tfl.layers.Layer[] {
  const { layers, initializers } = tfl
  const convolution = (seed: number): tfl.layers.Layer =>
    layers.conv2d({
      filters: 64,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer: initializers.heNormal({ seed }),
    })
  const relu = (): tfl.layers.Layer => layers.activation({ activation: 'relu' })
  const input = layers.inputLayer({ inputShape: [size, size, 64] })
  return [input, convolution(1), layers.batchNormalization({}), relu(), convolution(2), relu()]
}

/** What comes out with minimal filtering, and without. */
function both<Result>(run: () => Result): [Result, Result] {
  native!.useWinograd(true)
  const filtered = run()
  native!.useWinograd(false)
  return [filtered, run()]
}

describe('minimal filtering', needsAddon(native !== undefined), () => {
  const threads = native?.getThreads()
  afterEach(() => {
    native!.useWinograd(true)
    native!.setThreads(threads!)
  })

  it('computes convolutions of 3 × 3 taps and 16, 32, … channels, and their gradients: other bits', () => {
    for (const filter of [[3, 3, 16, 16] as Filter, [3, 3, 48, 32] as Filter]) {
      const [filtered, direct] = both(() => convolve(filter))
      expect(filtered.map((result, index) => sameBits(result, direct[index]!))).toEqual([false, false, false])
    }
  })

  it.each<Filter>([
    [3, 3, 15, 16],
    [3, 3, 16, 24],
    [1, 1, 16, 16],
    [3, 5, 16, 16],
  ])('leaves others alone: %i × %i taps, %i to %i channels', (...filter) => {
    const [filtered, direct] = both(() => convolve(filter))
    expect(filtered.map((result, index) => sameBits(result, direct[index]!))).toEqual([true, true, true])
  })

  it.each([16, 64])(
    'is at most four times as far from the exact result as a sum of products: %i channels',
    (channels) => {
      const wanted = exact(channels, 16)
      const [filtered, direct] = both(() => error(convolve([3, 3, channels, 16])[0]!, wanted))
      expect(direct).toBeLessThan(2e-6)
      expect(filtered).toBeLessThan(4 * direct)
    },
  )

  it('gives the same bits again, and with three threads what it gives with one', () => {
    const run = (count: number): Float32Array[] => {
      native!.setThreads(count)
      return convolve([3, 3, 64, 64], 12)
    }
    const [one, three] = [run(1), run(3)]
    const again = run(3)
    expect(three.map((result, index) => sameBits(result, again[index]!))).toEqual([true, true, true])
    // The gradient of the filter is summed up in as many parts.
    expect(three.map((result, index) => sameBits(result, one[index]!))).toEqual([true, true, false])
    expectSame(vector(three[2]!), vector(one[2]!), 1e-6)
  })

  it.each([3, 13])(
    'goes through chains of convolutions, alone and three threads at a time: %i images',
    (images) => {
      native!.setThreads(3)
      const model = tfl.sequential({ layers: chain() })
      const shape = [images, size, size, 64]
      const predict = (): Float32Array => {
        const x = tf.tensor(noise(tf.util.sizeFromShape(shape), 1, 2), shape)
        return (model.apply(x) as tf.Tensor).dataSync<'float32'>().slice()
      }
      const [filtered, direct] = both(() => tf.tidy(predict))
      expect(sameBits(filtered, direct)).toBe(false)
      expectSame(vector(filtered), vector(direct), 5e-6)
      model.dispose()
    },
  )
})
