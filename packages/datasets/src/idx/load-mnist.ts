import { KdError, type Dataset, type Normalization } from '@kd/core'
import { parseMnist } from './parse-mnist.js'
import { mnistSources } from '../download/download-sources.js'
import { fetchFiles, localFiles, type FileSet, type LocalFilesOptions } from '../download/local-files.js'
import { gunzip, readFileBytes } from '../files/read-files.js'
import { imageNormalization } from '../image-folder/image-normalization.js'

/** Options of MNIST and of Fashion-MNIST, which has its format: 60,000 training and 10,000 test images of 28 x 28. */
export interface MnistOptions extends LocalFilesOptions {
  readonly name: 'mnist' | 'fashion-mnist'
  /** @defaultValue mean and standard deviation of the training pixels */
  readonly normalization?: Normalization
}

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

/** Reads the four files, compressed or not. */
export async function loadMnist(options: MnistOptions): Promise<Dataset> {
  const { name } = options
  const [trainImages, trainLabels, testImages, testLabels] = await localFiles(fileSet(options), options)
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

function fileSet({ name, path }: MnistOptions): FileSet {
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
    gunzip(await readFileBytes(path, 'loadDataset'), path, 'loadDataset')
  return parseMnist({
    images: await read(imagesName),
    labels: await read(labelsName),
    imagesName,
    labelsName,
  })
}
