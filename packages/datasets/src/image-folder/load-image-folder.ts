import {
  defineDataset,
  KdError,
  option,
  readonlyList,
  requiredOption,
  type Dataset,
  type Examples,
} from '@kd/core'
import * as z from 'zod/mini'
import { heldOutTest, normalization, withNormalization } from '../dataset-options.js'
import { imageNormalization } from './image-normalization.js'
import { loadSharp, readImage, type ImageSize } from './read-image.js'
import { nodeModule } from '../files/node-module.js'
import { withHeldOutTest } from '../split/held-out-test.js'

const imageFile = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i
const imageNet = imageNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
const imageNetGrey = imageNormalization([0.449], [0.226])

const side = z.int().check(z.minimum(1))

/**
 * Image files that lie in one sub-folder per class, named after the class. Below `path` there may be `train` and, if wanted,
 * `validation` (or `val`) and `test`; without `train`, the classes lie in `path` itself and all is training data.
 *
 * @param options - folder, size and channels; images are scaled and cut around the middle to fit. The normalization is by default
 * ImageNet's, .485 .456 .406 and .229 .224 .225; their mean for grey
 * @param context - the seed of what is held out with `test`
 * @returns the data set, [N, height, width, channels] bytes; classes and files in the order of their names
 * @throws {@link KdError} when a folder or an image cannot be used
 *
 * @example
 * ```ts
 * import { imageFolder } from '@kd/datasets'
 *
 * console.log(imageFolder.summary) // your own images, one folder per class
 * ```
 */
export const imageFolder = defineDataset({
  name: 'image-folder',
  summary: 'your own images, one folder per class',
  bytes: true,
  options: {
    path: requiredOption(
      z.string().check(z.minLength(1)),
      'folder with one folder per class, or with train and test of that kind',
    ),
    size: requiredOption(
      z.union([side, readonlyList(z.tuple([side, side]))]),
      'side, or [height, width], in pixels',
    ),
    channels: option(z.literal([1, 3]), 3, '3 for colour, 1 for grey'),
    normalization,
    test: heldOutTest,
  },
  load: async ({ normalization: given, test, ...options }, { seed }) =>
    withNormalization(withHeldOutTest(await loadImageFolder(options), test, seed), given),
})

/** What is read from a folder. */
interface ImageFolderOptions {
  readonly path: string
  readonly size: number | readonly [number, number]
  readonly channels: 1 | 3
}

/** Decodes all images into bytes, [N, height, width, channels]. Classes and files are taken in the order of their names. */
async function loadImageFolder({ path, size, channels }: ImageFolderOptions): Promise<Dataset> {
  const [height, width] = typeof size === 'number' ? [size, size] : size
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
