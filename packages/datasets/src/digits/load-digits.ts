import { defineDataset, type Dataset, type Examples, type LabelArray, type LabelForm } from '@kd/core'
import { normalization, withNormalization } from '../dataset-options.js'
import { inflate } from '../files/read-files.js'
import { splitDataset } from '../split/split-dataset.js'

const count = 1797

/**
 * The embedded 8x8 digits with pixels from 0 to 16: 1,437 training and 360 test images, stratified, always the same ones.
 *
 * They have three kinds of labels. A task of classes gets the digit; one of flags gets whether the digit is even, is prime, and has a
 * closed loop; one of numbers gets the ink, the mean of the pixels divided by 16.
 *
 * @param options - `normalization`, by default mean 4.8842 and standard deviation 6.0168, those of all pixels
 * @param context - the task, by default classification
 * @returns the data set
 *
 * @example
 * ```ts
 * import { multiLabel } from '@kd/core'
 * import { digits } from '@kd/datasets'
 *
 * const { classNames } = await digits({}, { task: multiLabel })
 * console.log(classNames) // [ 'even', 'prime', 'loop' ]
 * ```
 *
 * @see E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998
 */
export const digits = defineDataset({
  name: 'digits',
  summary:
    '1,797 handwritten digits of 8x8 pixels, embedded; as flags: even, prime, loop; as a number: the ink',
  source:
    'E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998',
  options: { normalization },
  labels: ['class', 'flags', 'numbers'],
  load: async ({ normalization: given }, { task }) =>
    withNormalization(relabelled(await unpackDigits(), task?.labels ?? 'class'), given),
})

async function unpackDigits(): Promise<Dataset> {
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

/** What the flags of a digit say. */
const flags: Readonly<Record<string, readonly number[]>> = {
  even: [0, 2, 4, 6, 8],
  prime: [2, 3, 5, 7],
  loop: [0, 6, 8, 9],
}

/** Gives the same examples labels of another kind, worked out from digit or pixels. A caller without a task gets classes. */
function relabelled(dataset: Dataset, form: LabelForm): Dataset {
  if (form === 'class') return dataset
  const relabel = form === 'flags' ? flagsOf : inkOf
  const other = (examples: Examples): Examples<LabelArray> => ({ ...examples, labels: relabel(examples) })
  return {
    ...dataset,
    classNames: form === 'flags' ? Object.keys(flags) : ['ink'],
    train: other(dataset.train),
    test: other(dataset.test!),
  } as unknown as Dataset
}

/** [N, 3] */
function flagsOf({ labels }: Examples): Uint8Array {
  const digitsOfFlags = Object.values(flags)
  return Uint8Array.from(
    [...labels].flatMap((digit) => digitsOfFlags.map((having) => Number(having.includes(digit)))),
  )
}

/** [N, 1], in [0, 1] */
function inkOf({ inputs, ids }: Examples): Float32Array {
  const ink = new Float32Array(ids.length)
  for (const [index, pixel] of inputs.entries()) ink[Math.floor(index / 64)]! += pixel
  return ink.map((sum) => sum / (64 * 16))
}
