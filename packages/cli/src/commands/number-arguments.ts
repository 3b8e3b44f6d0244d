import { InvalidArgumentError } from 'commander'

/** Reads a number from 1 of a command line. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1.')
}

/** Reads a place in a list, from 0. */
export function wholeNumberFromZero(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 0.')
}

/** Reads a number from 0, whole or not. */
export function notNegative(text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0 && value < Infinity) return value
  throw new InvalidArgumentError('It must be a number from 0.')
}
