import { KdError } from '@kd/core'
import { findNodeModule, type NodeModules } from './find-node-module.js'

/** As {@link findNodeModule}, for what cannot be done elsewhere. */
export function nodeModule<Name extends keyof NodeModules>(
  name: Name,
  functionName: string,
): NodeModules[Name] {
  const found = findNodeModule(name)
  if (found !== undefined) return found
  throw new KdError(`${functionName}: files must be read in Node >= 20.16, got a runtime without ${name}`, {
    hint: 'in a browser fetch the bytes and use parseMnist, parseCifar, parseCsv or parseParquet',
  })
}

const { url } = { url: import.meta.url } as { readonly url?: string }

/**
 * Where this package's built files lie. A bundler that makes CommonJS leaves `import.meta` empty; then they are nowhere
 * to be found, which callers take as "not there".
 */
export const packageUrl: string = url ?? 'file:///'
