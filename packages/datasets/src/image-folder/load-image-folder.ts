import {
  choice,
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
import { leftOutNote, readFolder } from './image-files.js'
import { loadSharp, readImage, type ImageSize } from './read-image.js'
import { nodeModule } from '../files/node-module.js'
import { withHeldOutTest } from '../split/held-out-test.js'

const imageNet = imageNormalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
const imageNetGrey = imageNormalization([0.449], [0.226])

const side = z.int().check(z.minimum(1))

/**
 * Image files that lie in one sub-folder per class, named after the class. Below `path` there may be `train` and, if wanted,
 * `validation` (or `valid`, `val`) and `test`; without `train`, the classes lie in `path` itself and all is training data, and so it is
 * where `train` holds images itself, for then it is a class. Links are followed.
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
    unreadable: choice(['refuse', 'skip'], 'refuse', 'what is done about files that are no whole images'),
    normalization,
    test: heldOutTest,
  },
  load: async ({ normalization: given, test, ...options }, { seed, onNote }) =>
    withNormalization(withHeldOutTest(await loadImageFolder(options, onNote), test, seed), given),
})

/** What is read from a folder. */
interface ImageFolderOptions {
  readonly path: string
  readonly size: number | readonly [number, number]
  readonly channels: 1 | 3
  readonly unreadable: 'refuse' | 'skip'
}

/** Takes a sentence about what was left out. */
type OnNote = ((note: string) => void) | undefined

/** Decodes all images into bytes, [N, height, width, channels]. Classes and files are taken in the order of their names. */
async function loadImageFolder(
  { path, size, channels, unreadable }: ImageFolderOptions,
  onNote: OnNote,
): Promise<Dataset> {
  const [height, width] = typeof size === 'number' ? [size, size] : size
  const paths = nodeModule('node:path', 'loadDataset')
  const splits = await splitFolders(path, onNote)
  const { folders: classNames } = await readFolder(splits.train)
  if (classNames.length < 2) {
    throw new KdError(
      `loadDataset: ${splits.train} must have a sub-folder for each of 2 or more classes, got ${classNames.length}`,
      { hint: 'put the images of each class into a folder named after it' },
    )
  }
  const read = (folder: string): Promise<Examples> =>
    readSplit(folder, { classNames, size: { height, width, channels }, unreadable, onNote })
  return {
    name: 'image-folder',
    inputShape: [height, width, channels],
    classNames,
    normalization: channels === 3 ? imageNet : imageNetGrey,
    train: await read(splits.train),
    ...(splits.validation !== undefined && { validation: await read(paths.join(path, splits.validation)) }),
    ...(splits.test !== undefined && { test: await read(paths.join(path, splits.test)) }),
  }
}

/** Finds the folders of the splits. A folder `train` that has no folders of classes is a class itself. */
async function splitFolders(
  path: string,
  onNote: OnNote,
): Promise<{ readonly train: string; readonly validation?: string; readonly test?: string }> {
  const paths = nodeModule('node:path', 'loadDataset')
  const { folders } = await readFolder(path)
  const train = paths.join(path, 'train')
  if (!folders.includes('train')) return { train: path }
  const inside = await readFolder(train)
  if (inside.folders.length === 0 && (inside.images.length > 0 || folders.length > 1)) return { train: path }
  const validation = ['validation', 'valid', 'val'].find((name) => folders.includes(name))
  const test = folders.find((name) => name === 'test')
  const others = folders.filter((name) => !['train', validation, test].includes(name))
  const note = leftOutNote(
    others,
    `beside the splits train${[validation, test]
      .filter(Boolean)
      .map((name) => `, ${name}`)
      .join('')}`,
  )
  if (note !== undefined) onNote?.(note)
  return { train, ...(validation !== undefined && { validation }), ...(test !== undefined && { test }) }
}

/** How a split is read. */
interface SplitOptions {
  readonly classNames: readonly string[]
  readonly size: ImageSize
  readonly unreadable: 'refuse' | 'skip'
  readonly onNote: OnNote
}

async function readSplit(folder: string, options: SplitOptions): Promise<Examples> {
  const { classNames, size, unreadable, onNote } = options
  const files = await imagesOfClasses(folder, classNames, onNote)
  const sharp = loadSharp()
  const length = size.height * size.width * size.channels
  const inputs = new Uint8Array(files.length * length)
  const labels: number[] = []
  const failures: KdError[] = []
  for (const { path, label } of files) {
    try {
      inputs.set(await readImage(sharp, path, size), labels.length * length)
      labels.push(label)
    } catch (error) {
      if (!KdError.isInstance(error)) throw error
      failures.push(error)
    }
  }
  if (failures.length > 0) reportUnreadable(failures, { folder, unreadable, count: files.length, onNote })
  const ids = Int32Array.from(labels.keys())
  return { inputs: inputs.subarray(0, labels.length * length), labels: Int32Array.from(labels), ids }
}

/** Finds the image files of each class, and says what else lies there. */
async function imagesOfClasses(
  folder: string,
  classNames: readonly string[],
  onNote: OnNote,
): Promise<{ path: string; label: number }[]> {
  const paths = nodeModule('node:path', 'loadDataset')
  const files: { path: string; label: number }[] = []
  const inner: string[] = []
  const others: string[] = []
  const top = await readFolder(folder)
  for (const name of top.folders) {
    const label = classNames.indexOf(name)
    if (label < 0) {
      throw new KdError(
        `loadDataset: ${folder} must have only the classes of the training folder, got ${name}`,
        { hint: `the classes are ${classNames.join(', ')}` },
      )
    }
    const place = paths.join(folder, name)
    const found = await readFolder(place)
    if (found.images.length === 0) {
      throw new KdError(`loadDataset: ${place} must have images, got none`, {
        hint: 'jpg, jfif, png, webp, gif, avif, tiff and bmp files are read, not those in sub-folders; remove the folder if the class has none',
      })
    }
    files.push(...found.images.map((file) => ({ path: paths.join(place, file), label })))
    inner.push(...found.folders.map((file) => paths.join(place, file)))
    others.push(...found.others.map((file) => paths.join(place, file)))
  }
  for (const note of [
    leftOutNote(
      top.images.map((file) => paths.join(folder, file)),
      'images that lie in no folder of a class',
    ),
    leftOutNote(inner, 'sub-folders of classes, which are not searched'),
    leftOutNote(others, 'files that are not called as images (jpg, jfif, png, webp, gif, avif, tiff, bmp)'),
  ])
    if (note !== undefined) onNote?.(note)
  return files
}

/** Says how many files could not be read, and which: all by an error, or by a note where they are to be skipped. */
function reportUnreadable(
  failures: readonly KdError[],
  {
    folder,
    unreadable,
    count,
    onNote,
  }: { folder: string; unreadable: string; count: number; onNote: OnNote },
): void {
  const lines = failures.map(({ message }) => message.split('\n')[0]!.replace(/^loadDataset: /, ''))
  if (unreadable === 'skip' && failures.length < count) {
    onNote?.(
      `image-folder: skipped ${failures.length} of ${count} files of ${folder}:\n  ${lines.join('\n  ')}`,
    )
    return
  }
  if (failures.length === 1 && unreadable === 'refuse') throw failures[0]!
  throw new KdError(
    `loadDataset: ${folder} must have whole images, got ${failures.length} unreadable files of ${count}:\n  ${lines.join('\n  ')}`,
    { hint: 'remove or replace them, or set unreadable: skip', cause: failures[0] },
  )
}
