/** A value that two configs do not share. */
export interface Difference {
  /** Dotted, as overrides write it. */
  readonly key: string
  /** The value as JSON; `nothing` where the key is missing. */
  readonly one: string
  readonly other: string
}

/**
 * Compares two plain values.
 *
 * @param one - maps, lists, texts, numbers, booleans
 * @param other - likewise
 * @param key - under which they lie
 * @returns the smallest parts that differ
 */
export function differingKeys(one: unknown, other: unknown, key = ''): Difference[] {
  if (isMap(one) && isMap(other) && Array.isArray(one) === Array.isArray(other)) {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
    return names.flatMap((name) =>
      differingKeys(one[name], other[name], key === '' ? name : `${key}.${name}`),
    )
  }
  if (Object.is(one, other)) return []
  return [{ key, one: asJson(one), other: asJson(other) }]
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function asJson(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
