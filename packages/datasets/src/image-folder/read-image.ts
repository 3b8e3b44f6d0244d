import { KdError } from '@kd/core'
import { isBmp, parseBmp } from './parse-bmp.js'
import { nodeModule, packageUrl } from '../files/node-module.js'
import { readFileBytes } from '../files/read-files.js'

/** The part of sharp that is used. Its own types exist only where it is installed. */
export type Sharp = (input: Uint8Array, options?: object) => SharpImage

interface SharpImage {
  metadata(): Promise<{ readonly format?: string; readonly depth?: string }>
  rotate(): SharpImage
  resize(width: number, height: number, options: { fit: 'cover' }): SharpImage
  flatten(): SharpImage
  linear(factor: number, offset: number): SharpImage
  toColourspace(space: 'srgb' | 'b-w'): SharpImage
  raw(): SharpImage
  toBuffer(): Promise<Uint8Array>
  stats(): Promise<{ readonly channels: readonly { readonly min: number; readonly max: number }[] }>
}

/** The formats that are read; vector graphics and documents are not, whatever their names say. */
const formats = new Set(['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'])

/** The size that every image is brought to. */
export interface ImageSize {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/**
 * Loads the optional package sharp. It is required by name at run time, because bundlers that see an import of it try to
 * pack its native library.
 */
export function loadSharp(from: string = packageUrl): Sharp {
  const modules = nodeModule('node:module', 'loadDataset')
  try {
    const loaded = modules.createRequire(from)('sharp') as Sharp | { default: Sharp }
    // Where Node runs with --conditions=import, as under test runners, this is its ES module.
    return 'default' in loaded ? loaded.default : loaded
  } catch (error) {
    throw new KdError('loadDataset: image folders need the package sharp, got none that loads', {
      hint: 'run npm install sharp',
      cause: error,
    })
  }
}

/**
 * Decodes one image: it is turned upright, scaled to cover the size and cut around the middle; transparency becomes black.
 * Floats from 0 to 1 become bytes from 0 to 255; other floats and integers of 32 bits are refused, since their black and white are
 * not known.
 *
 * @throws {@link KdError} when the file is no whole image of a format that is read
 */
export async function readImage(sharp: Sharp, path: string, size: ImageSize): Promise<Uint8Array> {
  try {
    const bytes = await readFileBytes(path, 'loadDataset')
    return isBmp(bytes) ? await readBmp(sharp, bytes, size) : await decode(sharp, bytes, size)
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    throw new KdError(`loadDataset: ${path} must be a whole image, got: ${(error as Error).message}`, {
      hint: 'remove or replace the file, or leave out what cannot be read with unreadable: skip',
      cause: error,
    })
  }
}

async function decode(sharp: Sharp, bytes: Uint8Array, size: ImageSize): Promise<Uint8Array> {
  const { format = 'none', depth = 'uchar' } = await sharp(bytes).metadata()
  if (!formats.has(format)) throw new Error(`${format}, a format that is not read`)
  if (depth === 'uchar' || depth === 'ushort') return toPixels(sharp(bytes), size)
  if (depth !== 'float' && depth !== 'double') throw new Error(`values of the type ${depth}`)
  const { channels } = await sharp(bytes).stats()
  const [least, most] = [
    Math.min(...channels.map(({ min }) => min)),
    Math.max(...channels.map(({ max }) => max)),
  ]
  if (!(least >= 0 && most <= 1)) throw new Error(`floats from ${least} to ${most} instead of 0 to 1`)
  return toPixels(sharp(bytes).linear(255, 0), size)
}

function toPixels(image: SharpImage, { height, width, channels }: ImageSize): Promise<Uint8Array> {
  return image
    .rotate()
    .resize(width, height, { fit: 'cover' })
    .flatten()
    .toColourspace(channels === 3 ? 'srgb' : 'b-w')
    .raw()
    .toBuffer()
}

/** sharp reads no BMP. */
function readBmp(sharp: Sharp, bytes: Uint8Array, size: ImageSize): Promise<Uint8Array> {
  const { data, ...raw } = parseBmp(bytes)
  return toPixels(sharp(data, { raw }), size)
}
