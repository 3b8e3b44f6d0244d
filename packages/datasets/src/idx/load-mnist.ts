import { defineDataset, KdError, type Dataset } from '@kd/core'
import { idxLength } from './parse-idx.js'
import { parseMnist } from './parse-mnist.js'
import { publishedFiles, withNormalization } from '../dataset-options.js'
import { mnistSources } from '../download/download-sources.js'
import { fetchFiles, localFiles, type FileSet, type LocalFilesOptions } from '../download/local-files.js'
import { gunzip, readFileBytes } from '../files/read-files.js'
import { imageNormalization } from '../image-folder/image-normalization.js'

/** MNIST or Fashion-MNIST, which has its format: 60,000 training and 10,000 test images of 28 x 28. */
type MnistName = 'mnist' | 'fashion-mnist'

const digitNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
const garmentNames = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]
const debianFolder = '/usr/share/datasets/fashion-mnist'

/**
 * MNIST, 60,000 training and 10,000 test images of handwritten digits, 28 x 28 bytes.
 *
 * @param options - where the files are; the normalization is by default that of the training pixels
 * @param context - `onProgress`, which a download needs
 * @returns the data set
 * @throws {@link KdError} when a file is missing or damaged
 *
 * @example
 * ```ts
 * import { mnist } from '@kd/datasets'
 *
 * console.log(mnist.summary) // 70,000 handwritten digits of 28x28 grey pixels
 * ```
 */
export const mnist = defineDataset({
  name: 'mnist',
  summary: '70,000 handwritten digits of 28x28 grey pixels',
  bytes: true,
  options: publishedFiles,
  load: async ({ normalization, ...files }, { onProgress }) =>
    withNormalization(await loadMnist('mnist', { ...files, onProgress }), normalization),
})

/**
 * Fashion-MNIST, 60,000 training and 10,000 test images of garments, 28 x 28 bytes.
 *
 * @param options - where the files are; the normalization is by default that of the training pixels
 * @param context - `onProgress`, which a download needs
 * @returns the data set
 * @throws {@link KdError} when a file is missing or damaged
 *
 * @example
 * ```ts
 * import { fashionMnist } from '@kd/datasets'
 *
 * console.log(fashionMnist.summary) // 70,000 garments of 28x28 grey pixels
 * ```
 *
 * @see H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, arXiv 1708.07747
 */
export const fashionMnist = defineDataset({
  name: 'fashion-mnist',
  summary: '70,000 garments of 28x28 grey pixels',
  source: 'H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, arXiv 1708.07747',
  bytes: true,
  options: publishedFiles,
  load: async ({ normalization, ...files }, { onProgress }) =>
    withNormalization(await loadMnist('fashion-mnist', { ...files, onProgress }), normalization),
})

/** Reads the four files, compressed or not. */
async function loadMnist(name: MnistName, options: LocalFilesOptions): Promise<Dataset> {
  const [trainImages, trainLabels, testImages, testLabels] = await localFiles(fileSet(name, options), options)
  const train = await readSplit(trainImages!, trainLabels!)
  const test = await readSplit(testImages!, testLabels!)
  if (train.inputShape.join() !== test.inputShape.join()) {
    throw new KdError(
      `loadDataset: ${testImages} must have images of [${train.inputShape.join(', ')}] as ${trainImages}, got [${test.inputShape.join(', ')}]`,
    )
  }
  return {
    name,
    inputShape: train.inputShape,
    classNames: name === 'mnist' ? digitNames : garmentNames,
    // Both are of the training pixels: MNIST's are the usual constants, Fashion-MNIST's were computed from Debian's files.
    normalization:
      name === 'mnist' ? imageNormalization([0.1307], [0.3081]) : imageNormalization([0.286], [0.353]),
    train: train.examples,
    test: test.examples,
  }
}

function fileSet(name: MnistName, { path }: LocalFilesOptions): FileSet {
  const isFashion = name === 'fashion-mnist'
  return {
    name,
    fileNames: [
      'train-images-idx3-ubyte',
      'train-labels-idx1-ubyte',
      't10k-images-idx3-ubyte',
      't10k-labels-idx1-ubyte',
    ],
    folders: isFashion && path === undefined ? [debianFolder, '.'] : ['.'],
    fetch: (folder, onProgress) => fetchFiles(mnistSources[name], folder, onProgress),
    hint: isFashion
      ? 'set path to their folder, run apt-get install dataset-fashion-mnist, or set download: true'
      : 'set path to their folder, or download: true',
  }
}

async function readSplit(imagesName: string, labelsName: string): Promise<ReturnType<typeof parseMnist>> {
  const read = async (path: string): Promise<Uint8Array> =>
    gunzip(await readFileBytes(path, 'loadDataset'), path, 'loadDataset', idxLength)
  return parseMnist({
    images: await read(imagesName),
    labels: await read(labelsName),
    imagesName,
    labelsName,
  })
}
