/** What every error of the `@kd` packages is. */
export interface KdErrorOptions extends ErrorOptions {
  /** How to mend it, shown on a line of its own. */
  readonly hint?: string
}

const marker = Symbol.for('@kd/core/error')

/**
 * Base class of every error that the `@kd` packages throw on purpose.
 *
 * The message names the function, the argument, the rule and the value found; a hint follows on a second line.
 *
 * @example
 * ```ts
 * import { KdError } from '@kd/core'
 *
 * try {
 *   throw new KdError('loadDataset: file must exist, got digits.csv', { hint: 'check the path' })
 * } catch (error) {
 *   console.log(KdError.isInstance(error)) // true
 * }
 * ```
 */
export class KdError extends Error {
  readonly hint: string | undefined

  /**
   * @param message - `function: argument rule, got value`
   * @param options - a hint, and the cause if another error led here
   */
  constructor(message: string, { hint, ...options }: KdErrorOptions = {}) {
    super(hint === undefined ? message : `${message}\n  ${hint}`, options)
    this.name = new.target.name
    this.hint = hint
    Object.defineProperty(this, marker, { value: true })
  }

  /** Whether a value is a KdError; unlike `instanceof` this holds across two copies of the package. */
  static isInstance(value: unknown): value is KdError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** An argument outside its documented range. */
export class InvalidArgumentError extends KdError {}

/** Tensors whose shapes do not fit each other or the function. */
export class ShapeError extends KdError {}
