import type { RandomSource } from '../../packages/core/src/index.js'
import { strangeKeys, strangeTexts, strangeValues } from './strange-values.js'

/** One of a list. */
export function pick<Item>(random: RandomSource, items: readonly Item[]): Item {
  return items[random.integer(items.length)]!
}

/** Once every other time: one change alone goes the farthest. */
function timesOf(random: RandomSource, most: number): number {
  return random.integer(2) === 0 ? 1 : 1 + random.integer(most)
}

/** Changes bytes in one to eight ways: flips, cuts, copies, and numbers that claim to be lengths. */
export function mutateBytes(random: RandomSource, bytes: Uint8Array): Uint8Array {
  let changed: Uint8Array = bytes.slice()
  for (let times = timesOf(random, 8); times > 0; times--) changed = mutateBytesOnce(random, changed)
  return changed
}

const lengths = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
]

function mutateBytesOnce(random: RandomSource, bytes: Uint8Array): Uint8Array {
  // The beginning, where most formats say what follows, gets its share.
  const at =
    random.uniform() < 0.3 ? random.integer(Math.min(bytes.length, 64) + 1) : random.integer(bytes.length + 1)
  const other = Math.min(bytes.length, at + random.integer(64))
  switch (random.integer(9)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(other))
    case 2:
      return joined(bytes.subarray(0, other), bytes.subarray(at))
    case 3:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length: random.integer(40) }, () => random.integer(256)),
        bytes.subarray(at),
      )
    case 4:
      return joined(
        bytes.subarray(0, at),
        new TextEncoder().encode(pick(random, strangeTexts)),
        bytes.subarray(at),
      )
    case 5:
    case 6: {
      const size = pick(random, [1, 2, 4, 8])
      const number = new Uint8Array(8)
      new DataView(number.buffer).setBigUint64(0, pick(random, lengths), true)
      const inOrder = random.integer(2) === 0 ? number.slice(0, size) : number.slice(0, size).reverse()
      return joined(bytes.subarray(0, at), inOrder, bytes.subarray(Math.min(bytes.length, at + size)))
    }
    default:
      if (at < bytes.length) bytes[at]! ^= 1 << random.integer(8)
      return bytes
  }
}

/** Changes a text in one to four ways. */
export function mutateText(random: RandomSource, text: string): string {
  let changed = text
  for (let times = timesOf(random, 4); times > 0; times--) {
    const at = random.integer(changed.length + 1)
    const other = Math.min(changed.length, at + random.integer(40))
    const lines = changed.split('\n')
    const line = random.integer(lines.length)
    changed = pick(random, [
      () => changed.slice(0, at),
      () => changed.slice(0, at) + changed.slice(other),
      () => changed.slice(0, at) + pick(random, strangeTexts) + changed.slice(at),
      () => changed.slice(0, at) + pick(random, strangeTexts) + changed.slice(other),
      () => lines.toSpliced(line, 1).join('\n'),
      () => lines.toSpliced(line, 0, pick(random, lines)).join('\n'),
      () => lines.with(line, `  ${lines[line]!}`).join('\n'),
      () => changed.replace(/: [^\n,}\]]+/, () => `: ${textOf(pick(random, strangeValues))}`),
      () =>
        lines.with(line, lines[line]!.replace(/:.*/, `: ${textOf(pick(random, strangeValues))}`)).join('\n'),
    ])().slice(0, 200_000)
  }
  return changed
}

/** A value as YAML or JSON would have it. */
function textOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf'
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    return 'null'
  }
}

/** Changes plain values in one to four places; what was given stays as it is. */
export function mutateValue(random: RandomSource, value: unknown): unknown {
  let changed = structuredClone(value)
  for (let times = timesOf(random, 4); times > 0; times--) changed = mutateValueOnce(random, changed, 0)
  return changed
}

/** As {@link mutateValue}, from text to text. */
export function mutateJson(random: RandomSource, text: string): string {
  return JSON.stringify(mutateValue(random, JSON.parse(text))) ?? ''
}

function mutateValueOnce(random: RandomSource, value: unknown, depth: number): unknown {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const keys = isMap ? Object.keys(value) : Array.isArray(value) ? [...value.keys()].map(String) : []
  const deeper = keys.length > 0 && depth < 20 && random.uniform() < (depth === 0 ? 0.95 : 0.7)
  if (deeper) {
    const key = pick(random, keys)
    const inner = (value as Record<string, unknown>)[key]
    define(value as object, key, mutateValueOnce(random, inner, depth + 1))
    return value
  }
  if (keys.length > 0 && random.integer(2) === 0) {
    const key = pick(random, keys)
    if (random.integer(3) === 0) Reflect.deleteProperty(value as object, key)
    else define(value as object, pick(random, [...strangeKeys, ...keys]), strangeValue(random))
    return value
  }
  return strangeValue(random)
}

function strangeValue(random: RandomSource): unknown {
  return structuredClone(pick(random, strangeValues))
}

/** Also for __proto__, which an assignment would not make a key. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, Array.isArray(target) && !/^\d+$/.test(key) ? String(target.length) : key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
