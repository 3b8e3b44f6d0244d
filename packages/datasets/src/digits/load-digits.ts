import type { Dataset } from '@kd/core'
import { inflate } from '../files/read-files.js'
import { splitDataset } from '../split/split-dataset.js'

const count = 1797

/** Unpacks the embedded 8x8 digits: 1,437 training and 360 test examples, stratified, always the same ones. */
export async function loadDigits(): Promise<Dataset> {
  const { digitsBase64 } = await import('./digits-data.js')
  const packed = Uint8Array.from(atob(digitsBase64), (character) => character.charCodeAt(0))
  const columns = await inflate(packed, 'deflate')
  const inputs = new Uint8Array(count * 64)
  for (let pixel = 0; pixel < 64; pixel++) {
    for (let row = 0; row < count; row++) inputs[row * 64 + pixel] = columns[pixel * count + row]!
  }
  const whole: Dataset = {
    name: 'digits',
    inputShape: [8, 8, 1],
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    // These are computed from all 1,797 images; pixels go from 0 to 16.
    normalization: { mean: [4.8842], standardDeviation: [6.0168] },
    train: {
      inputs,
      labels: Int32Array.from(columns.subarray(64 * count)),
      ids: Int32Array.from({ length: count }, (_, row) => row),
    },
  }
  return splitDataset(whole, { test: 360, seed: 'digits' })
}
