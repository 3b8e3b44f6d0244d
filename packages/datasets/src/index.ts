export {
  datasetNames,
  loadDataset,
  type CifarOptions,
  type DigitsOptions,
  type ImageFolderOptions,
  type LoadDatasetOptions,
  type MnistOptions,
  type SyntheticOptions,
  type TableOptions,
} from './load-dataset.js'
export { cifar10, cifar100 } from './cifar/load-cifar.js'
export { digits } from './digits/load-digits.js'
export { fashionMnist, mnist } from './idx/load-mnist.js'
export { imageFolder } from './image-folder/load-image-folder.js'
export { csv, parquet } from './table/load-table.js'
export type { DownloadProgress } from '@kd/core'
export type { LocalFilesOptions } from './download/local-files.js'
export type { OnDownloadProgress } from './download/download-file.js'

export { parseIdx, type IdxArray } from './idx/parse-idx.js'
export { parseMnist, type MnistExamples, type MnistFiles } from './idx/parse-mnist.js'
export { parseCifar, type CifarFile } from './cifar/parse-cifar.js'
export { parseCsv, type ParseCsvOptions } from './table/parse-csv.js'
export { parquetLogitTable, type ParquetLogitTableOptions } from './table/parquet-logit-table.js'
export { parseParquet } from './table/parse-parquet.js'
export {
  readTableRows,
  type TableFile,
  type TableRows,
  type TableRowsOptions,
} from './table/read-table-rows.js'
export { tableExamples, type TableExamples, type TableExamplesOptions } from './table/table-examples.js'
export type { Table } from './table/table.js'
export type { FeatureColumn } from './table/feature-columns.js'
export { imageNormalization } from './image-folder/image-normalization.js'

export {
  generatedClassification,
  makeClassification,
  type MakeClassificationOptions,
} from './synthetic/make-classification.js'
export { generatedSpiral, makeSpiral, type MakeSpiralOptions } from './synthetic/make-spiral.js'
export { generatedBlobs, makeBlobs, type MakeBlobsOptions } from './synthetic/make-blobs.js'

export { splitDataset, type SplitDatasetOptions } from './split/split-dataset.js'
export { takeExamples, type TakeExamplesOptions } from './split/take-examples.js'
export { takePart, type TakePartOptions } from './split/take-part.js'
export {
  corruptLabels,
  type ClassConditionalNoise,
  type GivenLabels,
  type LabelNoise,
  type PairNoise,
  type SymmetricNoise,
} from './labels/corrupt-labels.js'
export { readLabelFile } from './labels/read-label-file.js'
export { imbalanceClasses, randomClassWeights, type Imbalance } from './labels/imbalance-classes.js'

export { batchSource } from './batches/batch-source.js'
export type { BatchSourceOptions } from './batches/create-batch-source.js'
export type { Augmentation } from './batches/augmentation.js'
