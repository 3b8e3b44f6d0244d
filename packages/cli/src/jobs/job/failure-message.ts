import { KdError } from '@kd/core'

/**
 * What a failed job says of its error.
 *
 * @param error - whatever was thrown
 * @returns one line for an error of ours, and where it came from for any other
 */
export function failureMessage(error: unknown): string {
  if (KdError.isInstance(error)) return error.message.replace('\n  ', '; ')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
