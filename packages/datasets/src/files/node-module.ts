import { KdError } from '@kd/core'
import { findNodeModule, type NodeModules } from './find-node-module.js'

/** Returns one of Node's own modules, and throws where there is none: for what only Node can do. */
export function nodeModule<Name extends keyof NodeModules>(
  name: Name,
  functionName: string,
): NodeModules[Name] {
  const module = findNodeModule(name)
  if (module !== undefined) return module
  throw new KdError(`${functionName}: files must be read in Node >= 20.16, got a runtime without ${name}`, {
    hint: 'in a browser fetch the bytes and use parseMnist, parseCifar, parseCsv or parseParquet',
  })
}

const { url } = { url: import.meta.url } as { readonly url?: string }

/**
 * The address of this package's built files. A bundler that makes CommonJS leaves `import.meta` empty; the address then
 * leads to no file, which callers treat like a missing file.
 */
export const packageUrl: string = url ?? 'file:///'
