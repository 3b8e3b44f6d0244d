import { KdError } from '@kd/core'
import { storages, type SafetensorsDtype } from './safetensors-tensor.js'

/** One tensor as the header describes it, checked by itself. */
export interface HeaderEntry {
  readonly name: string
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  /** Its bytes are those from `begin` up to `end`, both counted from the end of the header. */
  readonly begin: number
  readonly end: number
}

/** The content of a header. */
export interface Header {
  /** The tensors in the order of their bytes. */
  readonly entries: readonly HeaderEntry[]
  readonly metadata: ReadonlyMap<string, string>
}

/** Parses the header's bytes. */
export function parseHeader(bytes: Uint8Array): Header {
  const header = parseObject(bytes)
  const entries: HeaderEntry[] = []
  let metadata: Header['metadata'] = new Map()
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(value)
    else entries.push(parseEntry(name, value))
  }
  entries.sort((left, right) => left.begin - right.begin || left.end - right.end)
  return { entries, metadata }
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let json: string
  let header: unknown
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = JSON.parse(json)
  } catch (cause) {
    throw new KdError(`readSafetensors: header must be JSON in UTF-8, got ${bytes.length} other bytes`, {
      cause,
      hint: 'is this a safetensors file?',
    })
  }
  if (!isObject(header)) throw new KdError('readSafetensors: header must be a JSON object, got another value')
  assertUniqueKeys(json)
  return header
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  const label = `'${name.slice(0, 100)}'`
  const fail = (rule: string, wrongValue: unknown): never => {
    const text = JSON.stringify(wrongValue) ?? 'nothing'
    throw new KdError(`readSafetensors: ${rule} of tensor ${label}, got ${text.slice(0, 100)}`)
  }
  if (!isObject(value)) return fail('header entry must be an object', value)
  const { dtype, shape, data_offsets: offsets } = value
  const storage = typeof dtype === 'string' ? storages.get(dtype) : undefined
  if (storage === undefined) return fail(`dtype must be one of ${[...storages.keys()].join(', ')}`, dtype)
  if (!isSizes(shape)) return fail('shape must be a list of integers >= 0', shape)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return fail('data_offsets must be two integers in rising order', offsets)
  const [begin, end] = offsets as [number, number]
  const values = shape.reduce((product, size) => product * size, 1)
  if (!Number.isSafeInteger(values) || values * storage.bytes !== end - begin)
    return fail(`shape and dtype ${dtype as string} must fill the ${end - begin} bytes`, shape)
  return { name, dtype: dtype as SafetensorsDtype, shape, begin, end }
}

function parseMetadata(value: unknown): Header['metadata'] {
  if (isObject(value) && Object.values(value).every((entry) => typeof entry === 'string'))
    return new Map(Object.entries(value as Record<string, string>))
  throw new KdError('readSafetensors: __metadata__ must map names to texts, got other values')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

/**
 * Checks that no object of a JSON text has a key twice: JSON.parse keeps the last one silently.
 *
 * @param json - a text that JSON.parse has accepted
 */
function assertUniqueKeys(json: string): void {
  const open: Set<string>[] = []
  for (let index = 0; index < json.length; index++) {
    const character = json[index]
    if (character === '{' || character === '[') open.push(new Set())
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(json, index)
      if (isKey(json, end)) addKey(JSON.parse(json.slice(index, end)) as string, open.at(-1)!)
      index = end - 1
    }
  }
}

/** Returns the index after the closing quote of the string that starts at `start`. */
function endOfString(json: string, start: number): number {
  let index = start + 1
  while (json[index] !== '"') index += json[index] === '\\' ? 2 : 1
  return index + 1
}

function isKey(json: string, end: number): boolean {
  let index = end
  while (' \t\r\n'.includes(json[index] ?? ':')) index++
  return json[index] === ':'
}

function addKey(key: string, keys: Set<string>): void {
  if (keys.has(key))
    throw new KdError(`readSafetensors: header must hold each name once, got '${key.slice(0, 100)}' twice`)
  keys.add(key)
}
