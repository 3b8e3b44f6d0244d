import { KdError } from '@kd/core'
import { pathToFileURL } from 'node:url'
import type { MethodFactory } from './methods.js'

/** What the default export of a plugin may hold. */
export interface Plugin {
  /** Factories by the name that a config uses; each gets the options beside the name. */
  readonly methods?: Readonly<Record<string, MethodFactory>>
}

/**
 * Imports the plugin of a config: the one key that runs code.
 *
 * @param path - of an ES module whose default export is a {@link Plugin}
 * @returns its methods by name
 * @throws {@link KdError} when it cannot be imported or has another form
 */
export async function loadPlugin(path: string): Promise<Readonly<Record<string, MethodFactory>>> {
  let plugin: unknown
  try {
    plugin = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
  } catch (error) {
    throw new KdError(`plugin: ${path} must be an ES module that loads, got ${String(error)}`, {
      cause: error,
    })
  }
  const methods = (plugin as Plugin | undefined)?.methods ?? {}
  const wrong = Object.entries(methods).find(([, factory]) => typeof factory !== 'function')
  if (typeof plugin !== 'object' || plugin === null || wrong !== undefined) {
    throw new KdError(
      `plugin: ${path} must have a default export { methods: { name: (options) => method } }, got ${wrong?.[0] ?? typeof plugin}`,
    )
  }
  return methods
}
