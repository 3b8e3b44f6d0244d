import { flag, optionalOption, readonlyList, type AnyDataset, type Normalization } from '@kd/core'
import * as z from 'zod/mini'

const numbers = readonlyList(z.array(z.number()).check(z.minLength(1)))
const positiveNumbers = readonlyList(z.array(z.number().check(z.positive())).check(z.minLength(1)))

/** Another normalization than the data set's own. */
export const normalization = optionalOption(
  z.strictObject({ mean: numbers, standardDeviation: positiveNumbers }),
  '(input - mean) / standardDeviation, one number or one per channel; in a config of pixels in [0, 1] for images of bytes',
)

/** The options of published files: the folder that holds them, permission to download them, and their normalization. */
export const publishedFiles = {
  path: optionalOption(
    z.string().check(z.minLength(1)),
    'folder of the files; otherwise the usual places, then the cache folder',
  ),
  download: flag(false, 'fetch missing files'),
  normalization,
}

/** A test split for data that come without one. */
export const heldOutTest = optionalOption(
  z.number().check(z.minimum(0)),
  'share or number of examples held out to test on, for data that come without a test split',
)

/** Replaces the normalization of a data set where another one is given. */
export function withNormalization<Data extends AnyDataset>(
  dataset: Data,
  given: Normalization | undefined,
): Data {
  return given === undefined ? dataset : { ...dataset, normalization: given }
}
