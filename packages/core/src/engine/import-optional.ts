import { KdError, type KdErrorOptions } from '../errors.js'

/** A module as a dynamic import gives it. */
export type Module = Readonly<Record<string, unknown>>

/**
 * Imports a package that need not be there. The name goes through a variable, so that neither the type checker nor a
 * bundler looks for it.
 *
 * @param packageName - what is imported
 * @param remedy - how to mend it where it is installed and does not load, unless its own error has a hint
 * @throws {@link KdError} with one line that says whether it is missing or why it fails, and the way out as its hint
 */
export async function importOptional(packageName: string, remedy?: string): Promise<Module> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ packageName)) as Module
  } catch (cause) {
    if (isMissing(cause, packageName))
      throw new KdError(`${packageName} is not installed`, { cause, hint: `npm i ${packageName}` })
    const reason = `${packageName} is installed but does not load: ${firstLine(cause)}`
    throw new KdError(reason, withHint(cause, remedy))
  }
}

/** The first line of an error's message, or of whatever else was thrown. */
export function firstLine(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  return String(message).trim().split('\n', 1)[0]!
}

/**
 * What a KdError is made of that passes another error on: it as the cause, and its hint, which errors of other packages may
 * have too.
 */
export function withHint(cause: unknown, otherwise?: string): KdErrorOptions {
  const own = typeof cause === 'object' && cause !== null && 'hint' in cause ? cause.hint : undefined
  const hint = typeof own === 'string' ? own : otherwise
  return hint === undefined ? { cause } : { cause, hint }
}

/** A version that a module exports, or 'unknown'. */
export function versionIn(module: Module, name: string, entry?: string): string {
  const version = module[name] ?? (module['default'] as Module | undefined)?.[name]
  const found = entry === undefined ? version : (version as Module | undefined)?.[entry]
  return typeof found === 'string' ? found : 'unknown'
}

/** Whether the package itself is missing, and not a file of it (a binary that was never built) or a dependency. */
function isMissing(error: unknown, packageName: string): boolean {
  // Vite's, in place of an optional peer that is not there.
  if (firstLine(error).startsWith(`Could not resolve "${packageName}"`)) return true
  const code = (error as { code?: unknown } | null)?.code
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return false
  return firstLine(error).includes(`'${packageName}'`)
}
