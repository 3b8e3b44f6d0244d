import {
  InvalidArgumentError,
  type AnyDataset,
  type Dataset,
  type DatasetContext,
  type WantedTask,
} from '@kd/core'
import { cifar10, cifar100 } from './cifar/load-cifar.js'
import { digits } from './digits/load-digits.js'
import { fashionMnist, mnist } from './idx/load-mnist.js'
import { imageFolder } from './image-folder/load-image-folder.js'
import { generatedBlobs } from './synthetic/make-blobs.js'
import { generatedClassification } from './synthetic/make-classification.js'
import { generatedSpiral } from './synthetic/make-spiral.js'
import { csv, parquet } from './table/load-table.js'

const datasets = {
  digits,
  'fashion-mnist': fashionMnist,
  mnist,
  cifar10,
  cifar100,
  'image-folder': imageFolder,
  csv,
  parquet,
  classification: generatedClassification,
  spiral: generatedSpiral,
  blobs: generatedBlobs,
}

type Datasets = typeof datasets
type OptionsOfData<Factory extends (options: never, context: never) => unknown> = Exclude<
  Parameters<Factory>[0],
  undefined
>

/** The name of the data set that {@link loadDataset} loads, and the options that go with it. */
export type LoadDatasetOptions = {
  [Name in keyof Datasets]: { readonly name: Name } & OptionsOfData<Datasets[Name]> &
    Pick<DatasetContext, 'onProgress' | 'onNote'>
}[keyof Datasets]

/** Options of the embedded 8x8 digits. */
export type DigitsOptions = Extract<LoadDatasetOptions, { name: 'digits' }>
/** Options of MNIST and of Fashion-MNIST. */
export type MnistOptions = Extract<LoadDatasetOptions, { name: 'mnist' | 'fashion-mnist' }>
/** Options of CIFAR-10 and CIFAR-100. */
export type CifarOptions = Extract<LoadDatasetOptions, { name: 'cifar10' | 'cifar100' }>
/** Options of image files, one folder per class. */
export type ImageFolderOptions = Extract<LoadDatasetOptions, { name: 'image-folder' }>
/** Options of a table of numbers with label columns. */
export type TableOptions = Extract<LoadDatasetOptions, { name: 'csv' | 'parquet' }>
/** Options of a generated set; its inputs are used as they are unless a normalization is given. */
export type SyntheticOptions = Extract<LoadDatasetOptions, { name: 'classification' | 'spiral' | 'blobs' }>

/** The names that {@link loadDataset} knows. */
export const datasetNames: readonly (keyof Datasets)[] = Object.keys(datasets) as (keyof Datasets)[]

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
 * @param options - the name and what belongs to it; `task`, a factory such as `regression` of @kd/core, asks for labels of its kind
 * @returns the data set, checked by `assertDataset`
 * @throws {@link InvalidArgumentError} when the name is unknown, an option is out of range, or the data have
 * no labels for the task; {@link KdError} when a
 * file is missing, truncated or not what its name says
 *
 * @example
 * ```ts
 * import { loadDataset } from '@kd/datasets'
 *
 * const digits = await loadDataset({ name: 'digits' })
 * console.log(digits.inputShape, digits.train.labels.length) // [8, 8, 1] 1437
 * ```
 *
 * @example
 * ```ts
 * import { regression } from '@kd/core'
 * import { loadDataset } from '@kd/datasets'
 *
 * const inks = await loadDataset({ name: 'digits', task: regression })
 * console.log(inks.classNames, inks.train.labels[0]) // [ 'ink' ] 0.287109375
 * ```
 */
export async function loadDataset(
  options: LoadDatasetOptions & { readonly task: WantedTask },
): Promise<AnyDataset>
export async function loadDataset(options: LoadDatasetOptions): Promise<Dataset>
export async function loadDataset({
  name,
  task,
  onProgress,
  onNote,
  ...options
}: LoadDatasetOptions & { readonly task?: WantedTask }): Promise<AnyDataset> {
  if (!Object.hasOwn(datasets, name)) {
    throw new InvalidArgumentError(
      `loadDataset: name must be one of ${datasetNames.join(', ')}, got ${name as string}`,
    )
  }
  const load = datasets[name] as (options: object, context: DatasetContext) => Promise<AnyDataset>
  return load(options, {
    ...(task && { task }),
    ...(onProgress && { onProgress }),
    ...(onNote && { onNote }),
  })
}
