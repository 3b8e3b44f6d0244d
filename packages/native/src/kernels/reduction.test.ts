import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { loadNative, needsAddon } from '../testing/load-native.js'

const native = await loadNative()

it(
  'finds the largest values, the first of equal ones first and NaN before all',
  needsAddon(native !== undefined),
  () => {
    native!.resetFallbacks()
    const { values, indices } = tf.topk(
      tf.tensor2d([1, 3, NaN, 3, -Infinity, 4, 4, Infinity, 4, 0], [2, 5]),
      4,
    )
    expect(values.arraySync()).toEqual([
      [NaN, 3, 3, 1],
      [Infinity, 4, 4, 4],
    ])
    expect(indices.arraySync()).toEqual([
      [2, 1, 3, 0],
      [2, 0, 1, 3],
    ])
    expect(native!.fallbackReport().map(({ kernel }) => kernel)).not.toContain('TopK')
  },
)
