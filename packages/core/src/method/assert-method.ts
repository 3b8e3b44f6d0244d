import { InvalidArgumentError } from '../errors.js'
import type { Method } from './method.js'

/**
 * Checks that a value has the form of a method: a plugin, or a program in JavaScript, has no compiler that does.
 *
 * @param method - what was given as one
 * @param place - the function and the argument, for the message
 * @throws {@link InvalidArgumentError} for anything else, and for the form of old versions, whose losses did not wait for a start
 */
export function assertMethod(method: unknown, place: string): asserts method is Method {
  const { name, needs, start } = (method ?? {}) as Partial<Record<keyof Method, unknown>>
  if (typeof name === 'string' && typeof needs === 'object' && needs !== null && typeof start === 'function')
    return
  throw new InvalidArgumentError(
    `${place} must be a method with name, needs and start(run), got ${described(method)}`,
    {
      hint: 'make it with defineMethod; what has variables or state of its own returns them, with its phases, from start(run)',
    },
  )
}

function described(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (value instanceof Promise) return 'a promise'
  return `an object with ${Object.keys(value).join(', ') || 'nothing'}`
}
