import { isMissing } from './label-text.js'

/** Words that tables write where a number is missing. */
const missingNumber = /^(?:na|n\/a|nan|null|none|\?|-)$/i

/** Returns the number of a cell, and NaN for one that holds no number that float32 can hold. */
export function toNumber(value: unknown): number {
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  const number = isNumber || (typeof value === 'string' && value.trim() !== '') ? Number(value) : NaN
  return Number.isFinite(Math.fround(number)) ? number : NaN
}

/** Returns 0 or 1, and NaN for a value that is neither nor true or false. */
export function toFlag(value: unknown): number {
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === 'true') return 1
  if (word === 'false') return 0
  const number = toNumber(value)
  return number === 0 || number === 1 ? number : NaN
}

/** Tells whether a cell of numbers is empty, or says in a word that its number is missing. */
export function isMissingNumber(value: unknown): boolean {
  return isMissing(value) || (typeof value === 'string' && missingNumber.test(value))
}
