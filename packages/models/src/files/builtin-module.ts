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

/**
 * The address of this package's files, from which its peers are found. In the CommonJS build `import.meta` is empty; the packages
 * are then found from the folder in which the process works.
 */
export const packageUrl: string = url ?? `file://${workingFolder()}/`

function workingFolder(): string {
  const { process } = globalThis as { process?: { cwd?: () => string } }
  return process?.cwd?.() ?? ''
}
