import { KdError } from '@kd/core'

/** A command that cannot be run as it was typed; exit code 2. */
export class UsageError extends KdError {
  /**
   * @param message - what is wrong
   * @param hint - what to type instead
   */
  constructor(message: string, hint?: string) {
    super(message, hint === undefined ? {} : { hint })
  }
}
