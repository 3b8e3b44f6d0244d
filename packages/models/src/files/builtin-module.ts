/**
 * Returns one of Node's own modules, or undefined in other runtimes. It asks the process and does not import, because a bundler
 * for browsers follows even an `import('node:fs')` that never runs, and fails.
 *
 * @param name - such as `node:fs/promises`
 */
export function builtinModule<Module>(name: string): Module | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  return process?.getBuiltinModule?.(name) as Module | undefined
}

const { url } = { url: import.meta.url } as { readonly url?: string }

/** Where this package lies: its peers are found from there. `import.meta` is empty in the CommonJS build, which has a file name. */
export const packageUrl: string = url ?? (typeof __filename === 'string' ? __filename : 'file:///')
