import { guardedJson } from './terminal/guarded-text.js'
import type { Terminal } from './terminal/terminal.js'

/**
 * Says what went wrong, in one line per problem.
 *
 * @param error - whatever was thrown
 * @param terminal - where
 * @param asJson - whether a JSON object goes to standard output as well
 * @returns the exit code
 */
export async function reportError(error: unknown, terminal: Terminal, asJson: boolean): Promise<number> {
  // Late, so that kd --help loads no more than it needs.
  const { KdError } = await import('@kd/core')
  const { ConfigError } = await import('../config/config-error.js')
  const { UsageError } = await import('../config/usage-error.js')
  const exitCode = error instanceof ConfigError || error instanceof UsageError ? 2 : 1
  const message = KdError.isInstance(error)
    ? withHint(error, error instanceof ConfigError)
    : unexpected(error)
  for (const line of message.split('\n')) terminal.err.write(`${terminal.colors.red('error')} ${line}\n`)
  if (asJson) terminal.out.write(`${guardedJson({ error: message, exitCode })}\n`)
  return exitCode
}

function withHint(error: Error, isList: boolean): string {
  return isList ? error.message : error.message.replace('\n  ', '; ')
}

/** Not ours: where it came from is what a report of the bug needs. */
function unexpected(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
