import { KdError } from '@kd/core'
import { nodeModule, packageUrl } from '../files/node-module.js'

/** The part of sharp that is used. Its own types exist only where it is installed. */
export type Sharp = (path: string) => SharpImage

interface SharpImage {
  rotate(): SharpImage
  resize(width: number, height: number, options: { fit: 'cover' }): SharpImage
  flatten(): SharpImage
  toColourspace(space: 'srgb' | 'b-w'): SharpImage
  raw(): SharpImage
  toBuffer(): Promise<Uint8Array>
}

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

/** Decodes one image: it is turned upright, scaled to cover the size and cut around the middle; transparency becomes black. */
export async function readImage(sharp: Sharp, path: string, size: ImageSize): Promise<Uint8Array> {
  const { height, width, channels } = size
  try {
    return await sharp(path)
      .rotate()
      .resize(width, height, { fit: 'cover' })
      .flatten()
      .toColourspace(channels === 3 ? 'srgb' : 'b-w')
      .raw()
      .toBuffer()
  } catch (error) {
    throw new KdError(`loadDataset: ${path} must be a whole image, got: ${(error as Error).message}`, {
      hint: 'remove or replace the file',
      cause: error,
    })
  }
}
