import { isAbsolute, relative } from 'node:path'

/** A path for people: from the working folder where it lies in it, whole elsewhere. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}
