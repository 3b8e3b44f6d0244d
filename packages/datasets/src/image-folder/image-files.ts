import { KdError } from '@kd/core'
import { nodeModule } from '../files/node-module.js'

const imageFile = /\.(jpe?g|jfif|png|webp|gif|avif|tiff?|bmp)$/i

/** What lies in a folder: its sub-folders and image files by name, sorted, and the names of all else. */
export interface FolderContents {
  readonly folders: readonly string[]
  readonly images: readonly string[]
  readonly others: readonly string[]
}

/** Looks into a folder. Links are followed; names that begin with a dot are not seen. */
export async function readFolder(path: string): Promise<FolderContents> {
  const fs = nodeModule('node:fs/promises', 'loadDataset')
  const paths = nodeModule('node:path', 'loadDataset')
  const folders: string[] = []
  const images: string[] = []
  const others: string[] = []
  try {
    for (const name of (await fs.readdir(path)).sort()) {
      if (name.startsWith('.')) continue
      const stats = await fs.stat(paths.join(path, name)).catch(() => undefined)
      if (stats?.isDirectory()) folders.push(name)
      else if (stats?.isFile() && imageFile.test(name)) images.push(name)
      else others.push(name)
    }
  } catch (error) {
    throw new KdError(`loadDataset: ${path} must be a readable folder, got: ${(error as Error).message}`, {
      hint: 'check the path',
      cause: error,
    })
  }
  return { folders, images, others }
}

/** Says what was left out, or undefined where that is nothing: at most three names and how many there are. */
export function leftOutNote(leftOut: readonly string[], why: string): string | undefined {
  if (leftOut.length === 0) return undefined
  const more = leftOut.length > 3 ? ` and ${leftOut.length - 3} more` : ''
  return `image-folder: left out ${leftOut.slice(0, 3).join(', ')}${more}, ${why}`
}
