import { defineDataset, KdError, type Dataset, type Examples } from '@kd/core'
import { parseCifar, type CifarFile } from './parse-cifar.js'
import { publishedFiles, withNormalization } from '../dataset-options.js'
import { cifarSources } from '../download/download-sources.js'
import { fetchFiles, localFiles, type FileSet, type LocalFilesOptions } from '../download/local-files.js'
import { nodeModule } from '../files/node-module.js'
import { gunzip, readFileBytes } from '../files/read-files.js'
import { imageNormalization } from '../image-folder/image-normalization.js'

/** Class names of CIFAR-10 by label. */
const cifar10Names: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
]

/** Class names of CIFAR-100 by fine label: they are sorted, as in fine_label_names.txt. */
export const cifar100Names: readonly string[] =
  `apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
  caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
  forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
  mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
  possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
  sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
  willow_tree wolf woman worm`.split(/\s+/)

const sets = {
  cifar10: {
    trainFiles: [
      'data_batch_1.bin',
      'data_batch_2.bin',
      'data_batch_3.bin',
      'data_batch_4.bin',
      'data_batch_5.bin',
    ],
    testFile: 'test_batch.bin',
    folder: 'cifar-10-batches-bin',
    classNames: cifar10Names,
    normalization: imageNormalization([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]),
  },
  cifar100: {
    trainFiles: ['train.bin'],
    testFile: 'test.bin',
    folder: 'cifar-100-binary',
    classNames: cifar100Names,
    // The usual constants, from memory: the files could not be had to check them.
    normalization: imageNormalization([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]),
  },
} as const

type CifarName = keyof typeof sets

/**
 * CIFAR-10 in its binary version: 50,000 training and 10,000 test photographs, 32 x 32 x 3 bytes.
 *
 * @param options - where the files are; the normalization is by default that of the training pixels
 * @param context - `onProgress`, which a download needs
 * @returns the data set
 * @throws {@link KdError} when a file is missing or damaged
 *
 * @example
 * ```ts
 * import { cifar10 } from '@kd/datasets'
 *
 * console.log(cifar10.summary) // 60,000 photographs of 32x32, 10 classes
 * ```
 *
 * @see A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009
 */
export const cifar10 = defineDataset({
  name: 'cifar10',
  summary: '60,000 photographs of 32x32, 10 classes',
  source: 'A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009',
  bytes: true,
  options: publishedFiles,
  load: async ({ normalization, ...files }, { onProgress }) =>
    withNormalization(await loadCifar('cifar10', { ...files, onProgress }), normalization),
})

/**
 * CIFAR-100 in its binary version: 50,000 training and 10,000 test photographs, 32 x 32 x 3 bytes, with the fine labels.
 *
 * @param options - where the files are; the normalization is by default the usual one
 * @param context - `onProgress`, which a download needs
 * @returns the data set
 * @throws {@link KdError} when a file is missing or damaged
 *
 * @example
 * ```ts
 * import { cifar100 } from '@kd/datasets'
 *
 * console.log(cifar100.summary) // 60,000 photographs of 32x32, 100 classes
 * ```
 *
 * @see A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009
 */
export const cifar100 = defineDataset({
  name: 'cifar100',
  summary: '60,000 photographs of 32x32, 100 classes',
  source: 'A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009',
  bytes: true,
  options: publishedFiles,
  load: async ({ normalization, ...files }, { onProgress }) =>
    withNormalization(await loadCifar('cifar100', { ...files, onProgress }), normalization),
})

/** Reads the binary files, which lie in the folder given or in the one that the archive makes there. */
async function loadCifar(name: CifarName, options: LocalFilesOptions): Promise<Dataset> {
  const { classNames, normalization } = sets[name]
  const files = await localFiles(fileSet(name), options)
  return {
    name,
    inputShape: [32, 32, 3],
    classNames,
    normalization,
    train: await readSplit(files.slice(0, -1), name),
    test: await readSplit(files.slice(-1), name),
  }
}

function fileSet(name: CifarName): FileSet {
  const { trainFiles, testFile, folder } = sets[name]
  const fileNames = [...trainFiles, testFile]
  return {
    name,
    fileNames,
    folders: ['.', folder],
    fetch: async (into, onProgress) => {
      const source = cifarSources[name]
      await fetchFiles([source], into, onProgress)
      const paths = nodeModule('node:path', 'loadDataset')
      await unpackCifar(paths.join(into, paths.basename(source.url)), fileNames)
    },
    hint: 'set path to the folder of the binary version, or download: true',
  }
}

async function readSplit(paths: readonly string[], name: CifarName): Promise<Examples> {
  const files: CifarFile[] = []
  for (const path of paths) {
    files.push({
      name: path,
      bytes: await gunzip(await readFileBytes(path, 'loadDataset'), path, 'loadDataset'),
    })
  }
  return parseCifar(files, name)
}

/** Writes the wanted files of a .tar.gz beside it and removes the archive. Each file appears complete or not at all. */
export async function unpackCifar(archive: string, fileNames: readonly string[]): Promise<void> {
  const fs = nodeModule('node:fs/promises', 'loadDataset')
  const paths = nodeModule('node:path', 'loadDataset')
  const { parseTar } = await import('nanotar')
  const entries = parseTar(await gunzip(await readFileBytes(archive, 'loadDataset'), archive, 'loadDataset'))
  for (const fileName of fileNames) {
    const data = entries.find((entry) => paths.basename(entry.name) === fileName)?.data
    if (data === undefined) {
      throw new KdError(`loadDataset: ${archive} must contain ${fileName}, got only other files`, {
        hint: 'it is not the archive of the binary version: remove it and fetch it again',
      })
    }
    const path = paths.join(paths.dirname(archive), fileName)
    await fs.writeFile(`${path}.part`, data)
    await fs.rename(`${path}.part`, path)
  }
  await fs.rm(archive)
}
