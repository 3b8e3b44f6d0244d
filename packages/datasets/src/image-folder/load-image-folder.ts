import { InvalidArgumentError, KdError, type Dataset, type Examples, type Normalization } from '@kd/core'
import { imageNormalization } from './image-normalization.js'
import { loadSharp, readImage, type ImageSize } from './read-image.js'
import { nodeModule } from '../files/node-module.js'

/**
 * Options of image files that lie in one sub-folder per class, named after the class. Below `path` there may be `train` and, if wanted,
 * `validation` (or `val`) and `test`; without `train`, the classes lie in `path` itself and all is training data.
 */
export interface ImageFolderOptions {
  readonly name: 'image-folder'
  readonly path: string
  /** The side, or [height, width], in pixels: images are scaled and cut around the middle to fit. */
  readonly size: number | readonly [number, number]
  /** The number of channels: 3 for colour, 1 for grey. @defaultValue 3 */
  readonly channels?: 1 | 3
  /** @defaultValue ImageNet's mean and standard deviation, .485 .456 .406 and .229 .224 .225; their mean for grey */
  readonly normalization?: Normalization
}

const imageFile = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i
const imageNet = imageNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
const imageNetGrey = imageNormalization([0.449], [0.226])

/** Decodes all images into bytes, [N, height, width, channels]. Classes and files are taken in the order of their names. */
export async function loadImageFolder(options: ImageFolderOptions): Promise<Dataset> {
  const { path, size, channels = 3 } = options
  const [height, width] = typeof size === 'number' ? [size, size] : size
  if (![height, width].every((side) => Number.isInteger(side) && side >= 1)) {
    throw new InvalidArgumentError(`loadDataset: size must be whole numbers >= 1, got ${String(size)}`)
  }
  const paths = nodeModule('node:path', 'loadDataset')
  const top = await subFolders(path)
  const trainFolder = top.includes('train') ? paths.join(path, 'train') : path
  const classNames = await subFolders(trainFolder)
  if (classNames.length < 2) {
    throw new KdError(
      `loadDataset: ${trainFolder} must have a sub-folder for each of 2 or more classes, got ${classNames.length}`,
      {
        hint: 'put the images of each class into a folder named after it',
      },
    )
  }
  const read = (folder: string): Promise<Examples> =>
    readSplit(folder, classNames, { height, width, channels })
  const splitFolder = (...names: string[]): string | undefined =>
    trainFolder === path ? undefined : names.find((name) => top.includes(name))
  const validation = splitFolder('validation', 'val')
  const test = splitFolder('test')
  return {
    name: 'image-folder',
    inputShape: [height, width, channels],
    classNames,
    normalization: channels === 3 ? imageNet : imageNetGrey,
    train: await read(trainFolder),
    ...(validation !== undefined && { validation: await read(paths.join(path, validation)) }),
    ...(test !== undefined && { test: await read(paths.join(path, test)) }),
  }
}

async function readSplit(folder: string, classNames: readonly string[], size: ImageSize): Promise<Examples> {
  const fs = nodeModule('node:fs/promises', 'loadDataset')
  const paths = nodeModule('node:path', 'loadDataset')
  const files: { path: string; label: number }[] = []
  for (const name of await subFolders(folder)) {
    const label = classNames.indexOf(name)
    if (label < 0) {
      throw new KdError(
        `loadDataset: ${folder} must have only the classes of the training folder, got ${name}`,
        {
          hint: `the classes are ${classNames.join(', ')}`,
        },
      )
    }
    const fileNames = (await fs.readdir(paths.join(folder, name)))
      .filter((file) => imageFile.test(file))
      .sort()
    if (fileNames.length === 0) {
      throw new KdError(`loadDataset: ${paths.join(folder, name)} must have images, got none`, {
        hint: 'jpg, png, webp, gif, avif and tiff files are read; remove the folder if the class has none',
      })
    }
    files.push(...fileNames.map((file) => ({ path: paths.join(folder, name, file), label })))
  }
  const sharp = loadSharp()
  const length = size.height * size.width * size.channels
  const inputs = new Uint8Array(files.length * length)
  for (const [row, { path }] of files.entries()) inputs.set(await readImage(sharp, path, size), row * length)
  const labels = Int32Array.from(files, ({ label }) => label)
  return { inputs, labels, ids: Int32Array.from(labels.keys()) }
}

async function subFolders(path: string): Promise<string[]> {
  const fs = nodeModule('node:fs/promises', 'loadDataset')
  try {
    const entries = await fs.readdir(path, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    throw new KdError(`loadDataset: ${path} must be a readable folder, got: ${(error as Error).message}`, {
      hint: 'check the path',
      cause: error,
    })
  }
}
