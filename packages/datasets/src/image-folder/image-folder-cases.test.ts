import { copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { imageFolder } from './load-image-folder.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-images-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function put(path: string, grey = 0): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  const background = { r: grey, g: grey, b: grey }
  await sharp({ create: { width: 2, height: 2, channels: 3, background } }).toFile(file)
  return file
}

/** A BMP of 2 x 2 pixels, rows from the bottom up: green, red; and at the top blue, white. */
const bmp = Buffer.alloc(70)
bmp.write('BM')
for (const [at, value] of [
  [10, 54],
  [14, 40],
  [18, 2],
  [22, 2],
] as const)
  bmp.writeUInt32LE(value, at)
bmp.writeUInt16LE(1, 26)
bmp.writeUInt16LE(24, 28)
bmp.set([0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 255, 255], 54)

async function load(options: object = {}) {
  const notes: string[] = []
  const dataset = await imageFolder(
    { path: folder, size: 1, channels: 1, ...options },
    { onNote: (note) => notes.push(note) },
  )
  return { dataset, notes }
}

/** Writes a grey TIFF of 2 x 2 values of 32 bits, floats or whole numbers. */
async function tiff(path: string, values: Float32Array | Uint32Array): Promise<void> {
  const entries = [
    [256, 2], // width
    [257, 2], // height
    [258, 32], // bits of a value
    [259, 1], // not compressed
    [262, 1], // 0 is black
    [273, 134], // where the values begin
    [277, 1], // values of a pixel
    [278, 2], // rows of a strip
    [279, 16], // bytes of the strip
    [339, values instanceof Float32Array ? 3 : 1], // floats or whole numbers
  ] as const
  const head = Buffer.alloc(134)
  head.write('II*\0', 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(entries.length, 8)
  for (const [index, [tag, value]] of entries.entries()) {
    head.writeUInt16LE(tag, 10 + 12 * index)
    head.writeUInt16LE(4, 12 + 12 * index)
    head.writeUInt32LE(1, 14 + 12 * index)
    head.writeUInt32LE(value, 18 + 12 * index)
  }
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), Buffer.concat([head, new Uint8Array(values.buffer)]))
}

describe('image folders as others make them', () => {
  it('take valid as the validation split and name other folders', async () => {
    for (const split of ['train', 'valid', 'test', 'extra'])
      for (const name of ['a', 'b']) await put(`${split}/${name}/1.png`)
    const { dataset, notes } = await load()
    expect([dataset.validation?.ids.length, dataset.test?.ids.length]).toEqual([2, 2])
    expect(notes).toEqual(['image-folder: left out extra, beside the splits train, valid, test'])
  })

  it('may have a class called train, and one called test', async () => {
    for (const name of ['train', 'bus', 'test']) await put(`${name}/1.png`)
    expect((await load()).dataset.classNames).toEqual(['bus', 'test', 'train'])
  })

  it('follow links to files and folders', async () => {
    const image = await put('elsewhere/x.png', 7)
    for (const name of ['c/a', 'c/b']) await mkdir(join(folder, name), { recursive: true })
    await symlink(image, join(folder, 'c/a/1.png'))
    await symlink(join(folder, 'elsewhere'), join(folder, 'c/d'))
    await copyFile(image, join(folder, 'c/b/1.png'))
    const { dataset } = await load({ path: join(folder, 'c') })
    expect([dataset.classNames, [...dataset.train.inputs]]).toEqual([
      ['a', 'b', 'd'],
      [7, 7, 7],
    ])
  })

  it('read BMP and JFIF', async () => {
    await put('b/1.png')
    await rename(await put('a/0.jpg', 50), join(folder, 'a/0.jfif'))
    await writeFile(join(folder, 'a/1.bmp'), bmp)
    const { dataset, notes } = await load({ size: 2, channels: 3 })
    expect([...dataset.train.inputs.subarray(12, 24)]).toEqual([
      0, 0, 255, 255, 255, 255, 0, 255, 0, 255, 0, 0,
    ])
    expect([dataset.train.inputs[0], dataset.train.ids.length, notes]).toEqual([50, 3, []])
    await writeFile(join(folder, 'a/1.bmp'), bmp.subarray(0, 60))
    await expect(load()).rejects.toThrow(
      '1.bmp must be a whole image, got: a BMP of 2 x 2 pixels in 60 bytes',
    )
  })

  it('say in a line what they leave out', async () => {
    for (const name of ['a/1.png', 'b/1.png', 'a/sub/9.png']) await put(name)
    await writeFile(join(folder, 'a/notes.txt'), 'x')
    const { notes } = await load()
    expect(notes).toEqual([
      `image-folder: left out ${join(folder, 'a/sub')}, sub-folders of classes, which are not searched`,
      `image-folder: left out ${join(folder, 'a/notes.txt')}, files that are not called as images (jpg, jfif, png, webp, gif, avif, tiff, bmp)`,
    ])
  })
})

describe('images that cannot be used', () => {
  it('are all listed, or skipped where that is wanted', async () => {
    for (const name of ['a/1.png', 'b/1.png']) await put(name, 9)
    for (const name of ['a/0.png', 'b/2.png']) await writeFile(join(folder, name), 'no png')
    await expect(load()).rejects.toThrow(
      /got 2 unreadable files of 4:\n.*a\/0\.png must be.*\n.*b\/2\.png must be.*\n.*unreadable: skip/s,
    )
    const { dataset, notes } = await load({ unreadable: 'skip' })
    expect([[...dataset.train.inputs], [...dataset.train.labels]]).toEqual([
      [9, 9],
      [0, 1],
    ])
    expect(notes[0]).toContain('skipped 2 of 4 files')
  })

  it('may be vector graphics under another name', async () => {
    await put('a/1.png')
    await put('b/1.png')
    await writeFile(join(folder, 'a/1.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    await expect(load()).rejects.toThrow('a/1.png must be a whole image, got: svg, a format that is not read')
  })

  it('are TIFFs of 32 bits whose white is not known; floats from 0 to 1 become bytes', async () => {
    await put('b/1.png')
    await tiff('a/x.tif', Float32Array.of(0, 1, 0.5, 0.25))
    const { train } = (await load({ size: 2 })).dataset
    for (const [index, value] of [0, 255, 127.5, 63.75].entries())
      expect(Math.abs(train.inputs[index]! - value)).toBeLessThanOrEqual(1)
    await tiff('a/x.tif', Float32Array.of(0, 300, 1, 2))
    await expect(load()).rejects.toThrow('floats from 0 to 300 instead of 0 to 1')
    await tiff('a/x.tif', Uint32Array.of(0, 2 ** 31, 1, 2))
    await expect(load()).rejects.toThrow('values of the type uint')
  })
})
