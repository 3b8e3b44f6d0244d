import type { Dataset } from '@kd/core'
import {
  imageNormalization,
  loadDataset,
  type LoadDatasetOptions,
  type OnDownloadProgress,
} from '@kd/datasets'
import * as z from 'zod'
import { preparation } from './data-preparation-schema.js'
import { namedSchema, type Named } from './named-options.js'

interface DatasetEntry {
  readonly summary: string
  readonly options: z.ZodObject
  /** Whether inputs are bytes, for which a config gives the normalization of pixels in [0, 1]. */
  readonly bytes: boolean
}

type Common = typeof preparation

/** Adds what every data set can be asked for, and keeps the schema's own type. */
function dataset<Shape extends z.ZodRawShape>(entry: {
  summary: string
  bytes?: boolean
  options: z.ZodObject<Shape, z.core.$strict>
}): { summary: string; bytes: boolean; options: z.ZodObject<Shape & Common, z.core.$strict> } {
  const { options, ...rest } = entry
  return { bytes: false, ...rest, options: z.strictObject({ ...options.shape, ...preparation }) }
}

const count = z.int().min(1)
const seed = z.union([z.int(), z.string()])
const numbers = z.array(z.number()).min(1)
const normalization = z
  .strictObject({ mean: numbers, standardDeviation: z.array(z.number().positive()).min(1) })
  .optional()
  .describe(
    '(input - mean) / standardDeviation, one number or one per channel; of pixels in [0, 1] for images of bytes',
  )
const heldOutTest = z
  .number()
  .min(0)
  .optional()
  .describe('share or number of examples held out to test on, for data that come without a test split')
const files = {
  path: z.string().min(1).optional().describe('folder of the files; otherwise the usual places'),
  download: z.boolean().default(false).describe('fetch missing files'),
  normalization,
}
const table = {
  path: z.string().min(1).describe('file with the training examples'),
  testPath: z.string().min(1).optional().describe('file of the same columns with the test examples'),
  label: z.string().min(1).describe('column with the class'),
  features: z
    .array(z.string())
    .optional()
    .describe('columns that make the input; otherwise all but the label'),
  classNames: z.array(z.string()).optional(),
  normalization,
  test: heldOutTest,
}
const made = {
  test: z.number().min(0).default(0.1).describe('share or number of examples in the test split'),
  normalization,
}

/** What `dataset.name` can be. */
export type DatasetName =
  | 'digits'
  | 'fashion-mnist'
  | 'mnist'
  | 'cifar10'
  | 'cifar100'
  | 'image-folder'
  | 'csv'
  | 'parquet'
  | 'classification'
  | 'spiral'
  | 'blobs'

/** The only map from a data set's name in a config to its options. */
export const datasets = {
  digits: dataset({
    summary: '1,797 handwritten digits of 8x8 pixels, embedded',
    options: z.strictObject({ normalization }),
  }),
  'fashion-mnist': dataset({
    summary: '70,000 garments of 28x28 grey pixels',
    bytes: true,
    options: z.strictObject(files),
  }),
  mnist: dataset({
    summary: '70,000 handwritten digits of 28x28 grey pixels',
    bytes: true,
    options: z.strictObject(files),
  }),
  cifar10: dataset({
    summary: '60,000 photographs of 32x32, 10 classes',
    bytes: true,
    options: z.strictObject(files),
  }),
  cifar100: dataset({
    summary: '60,000 photographs of 32x32, 100 classes',
    bytes: true,
    options: z.strictObject(files),
  }),
  'image-folder': dataset({
    summary: 'your own images, one folder per class',
    bytes: true,
    options: z.strictObject({
      path: z
        .string()
        .min(1)
        .describe('folder with one folder per class, or with train and test of that kind'),
      size: z.union([count, z.tuple([count, count])]).describe('side, or [height, width], in pixels'),
      channels: z.literal([1, 3]).default(3),
      normalization,
      test: heldOutTest,
    }),
  }),
  csv: dataset({
    summary: 'your own table as comma-separated values',
    options: z.strictObject({ ...table, delimiter: z.string().min(1).default(',') }),
  }),
  parquet: dataset({ summary: 'your own table as Parquet', options: z.strictObject(table) }),
  classification: dataset({
    summary: 'generated: clusters at the corners of a hypercube',
    options: z.strictObject({
      examples: count.default(10_000),
      features: count.default(14),
      informative: count.optional(),
      redundant: z.int().min(0).default(0),
      classes: z.int().min(2).default(20),
      clustersPerClass: count.default(1),
      classSeparation: z.number().positive().default(1),
      classWeights: z.array(z.number().positive()).optional(),
      generatorSeed: seed.default(42),
      ...made,
    }),
  }),
  spiral: dataset({
    summary: 'generated: arms of a spiral',
    options: z.strictObject({
      classes: z.int().min(2).default(4),
      examplesPerClass: z.int().min(2).default(1500),
      noise: z.number().min(0).default(0.2),
      generatorSeed: seed.default(42),
      ...made,
    }),
  }),
  blobs: dataset({
    summary: 'generated: round Gaussian blobs',
    options: z.strictObject({
      examples: count.default(10_000),
      features: count.default(2),
      box: z.number().positive().default(20),
      standardDeviations: z.array(z.number().positive()).min(2).default([1.4, 2.8, 1.7, 4, 2, 3.5, 1.5, 2.5]),
      generatorSeed: seed.default(20),
      ...made,
    }),
  }),
} as const satisfies Readonly<Record<DatasetName, DatasetEntry>>

/** `dataset: { name, ... }` of a config. */
export const datasetSchema = namedSchema(datasets)

/** A data set in a config, all defaults filled in. */
export type DatasetConfig = Named<typeof datasets>

/**
 * Loads a data set as its files or its generator give it.
 *
 * @param config - name and options; paths are absolute or relative to the working directory
 * @param onDownload - told about downloads, where the config allows them
 * @returns splits that are not yet prepared
 */
export async function loadSource(config: DatasetConfig, onDownload: OnDownloadProgress): Promise<Dataset> {
  const { name, normalization: given, ...options } = config
  const normalization =
    given !== undefined && datasets[name].bytes
      ? imageNormalization(given.mean, given.standardDeviation)
      : given
  const { generatorSeed, ...rest } = { generatorSeed: undefined, ...options }
  const seeded = generatorSeed === undefined ? rest : { ...rest, seed: generatorSeed }
  return loadDataset({
    ...seeded,
    name,
    onProgress: onDownload,
    ...(normalization && { normalization }),
  } as LoadDatasetOptions)
}
