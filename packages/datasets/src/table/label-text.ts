/** A number without an exponent and without leading zeros: `01` is a code, and means something else than `1`. */
const plainNumber = /^[+-]?(?:0|[1-9]\d*)(?:\.\d*)?$/

/**
 * Returns the one text that stands for a class or category, or undefined for a value that can't be one, such as a list.
 * Numbers that are equal give the same text, `0` and `0.0` for instance; dates are written in UTC, bytes that are no UTF-8 in hexadecimal.
 */
export function labelText(value: unknown): string | undefined {
  if (typeof value === 'string') return plainNumber.test(value) ? plainText(value) : value
  if (typeof value === 'number') return Number.isFinite(value) ? plainText(String(value)) : undefined
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  // Not instanceof: a test runner's sandbox has types of its own.
  const type = Object.prototype.toString.call(value)
  if (type === '[object Date]') return dateText(value as Date)
  if (type === '[object Uint8Array]')
    return `0x${Array.from(value as Uint8Array, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  return undefined
}

/** Tells whether a cell holds nothing. */
export function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || Number.isNaN(value)
}

/** Returns each text once: numbers ascending where all are numbers, else by code point. */
export function sortedTexts(texts: Iterable<string>): string[] {
  const names = [...new Set(texts)]
  return names.every(isNumber) ? names.sort(compareNumbers) : names.sort()
}

/** Tells whether a text is a finite number. */
export function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text))
}

function compareNumbers(a: string, b: string): number {
  const difference = Number(a) - Number(b)
  if (difference !== 0) return difference
  // Beyond 2^53 different integers are the same double.
  const integers = [a, b].every((text) => /^-?\d+$/.test(text))
  if (integers && BigInt(a) !== BigInt(b)) return BigInt(a) < BigInt(b) ? -1 : 1
  return a < b ? -1 : 1
}

function plainText(number: string): string {
  const text = number.replace(/^\+/, '')
  const short = text.includes('.') && !text.includes('e') ? text.replace(/\.?0*$/, '') : text
  return short === '-0' ? '0' : short
}

function dateText(date: Date): string | undefined {
  if (Number.isNaN(date.getTime())) return undefined
  return date.toISOString().replace('T00:00:00.000Z', '')
}
