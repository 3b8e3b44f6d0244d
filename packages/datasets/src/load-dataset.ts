import { assertDataset, InvalidArgumentError, type Dataset, type Normalization } from '@kd/core'
import { loadCifar, type CifarOptions } from './cifar/load-cifar.js'
import { loadDigits } from './digits/load-digits.js'
import { loadMnist, type MnistOptions } from './idx/load-mnist.js'
import { loadImageFolder, type ImageFolderOptions } from './image-folder/load-image-folder.js'
import { makeBlobs, type MakeBlobsOptions } from './synthetic/make-blobs.js'
import { makeClassification, type MakeClassificationOptions } from './synthetic/make-classification.js'
import { makeSpiral, type MakeSpiralOptions } from './synthetic/make-spiral.js'
import { loadTable, type TableOptions } from './table/load-table.js'

/** Options of the embedded 8x8 digits: 1,437 training and 360 test images with pixels from 0 to 16. */
export interface DigitsOptions {
  readonly name: 'digits'
  /** @defaultValue mean 4.8842 and standard deviation 6.0168, those of all pixels */
  readonly normalization?: Normalization
}

/** Options of a generated set; its inputs are used as they are unless a normalization is given. */
export type SyntheticOptions = { readonly normalization?: Normalization } & (
  | ({ readonly name: 'classification' } & MakeClassificationOptions)
  | ({ readonly name: 'spiral' } & MakeSpiralOptions)
  | ({ readonly name: 'blobs' } & MakeBlobsOptions)
)

/** The name of the data set that {@link loadDataset} loads, and the options that go with it. */
export type LoadDatasetOptions =
  DigitsOptions | MnistOptions | CifarOptions | ImageFolderOptions | TableOptions | SyntheticOptions

/** The names that {@link loadDataset} knows. */
export const datasetNames: readonly LoadDatasetOptions['name'][] = [
  'digits',
  'fashion-mnist',
  'mnist',
  'cifar10',
  'cifar100',
  'image-folder',
  'csv',
  'parquet',
  'classification',
  'spiral',
  'blobs',
]

/**
 * Loads or makes a data set and checks it.
 *
 * `digits` and the generated sets work anywhere; the others read files, in Node. Nothing is downloaded unless
 * `download: true` says so: then missing files of MNIST, Fashion-MNIST and CIFAR are fetched into `path` or the user's
 * cache folder (`KD_CACHE`), going on with what an interrupted download left, and their checksums are verified;
 * `onProgress` must then be there to show it.
 *
 * Images are stored as bytes; `normalization` is in the same units, see {@link imageNormalization}.
 *
 * @param options - the name, and what belongs to it
 * @returns the data set, checked by `assertDataset`
 * @throws {@link InvalidArgumentError} when the name is unknown or an option is out of range; {@link KdError} when a
 * file is missing, truncated or not what its name says
 *
 * @example
 * ```ts
 * import { loadDataset } from '@kd/datasets'
 *
 * const digits = await loadDataset({ name: 'digits' })
 * console.log(digits.inputShape, digits.train.labels.length) // [8, 8, 1] 1437
 * ```
 */
export async function loadDataset(options: LoadDatasetOptions): Promise<Dataset> {
  const loaded = await load(options)
  const { normalization = loaded.normalization } = options
  const dataset = { ...loaded, normalization }
  assertDataset(dataset, `loadDataset: ${options.name}`)
  return dataset
}

async function load(options: LoadDatasetOptions): Promise<Dataset> {
  switch (options.name) {
    case 'digits':
      return loadDigits()
    case 'mnist':
    case 'fashion-mnist':
      return loadMnist(options)
    case 'cifar10':
    case 'cifar100':
      return loadCifar(options)
    case 'image-folder':
      return loadImageFolder(options)
    case 'csv':
    case 'parquet':
      return loadTable(options)
    case 'classification':
      return makeClassification(options)
    case 'spiral':
      return makeSpiral(options)
    case 'blobs':
      return makeBlobs(options)
    default:
      throw new InvalidArgumentError(
        `loadDataset: name must be one of ${datasetNames.join(', ')}, got ${(options as LoadDatasetOptions).name}`,
      )
  }
}
