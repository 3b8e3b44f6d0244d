import { KdError } from '@kd/core'
import {
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
  type SafetensorsTensor,
} from '@kd/models'
import type { AnswerManifest, AnswerSplit, ShardPlace } from './answer-manifest.js'
import { spreadTopLogits, topLogits, type TopLogits } from './top-logits.js'

/** What a teacher said of some examples, as it is kept. */
export interface AnswerShard extends ShardPlace {
  /** The id of the answers that it is part of. */
  readonly answers: string
  /** How many classes it is about. */
  readonly classes: number
  /** [N] of the examples. */
  readonly ids: Int32Array
  /** [N, C] all of them, or the greatest. */
  readonly logits: Float32Array | TopLogits
}

/** What is put into a shard. */
export interface ShardContent extends ShardPlace {
  readonly ids: Int32Array
  /** [N, C] */
  readonly logits: Float32Array
}

/**
 * Writes a shard as the bytes of a safetensors file: `ids` [N], and either `logits` [N, C] or `top.classes` and `top.logits`
 * [N, K] with `top.rest` [N].
 *
 * @param manifest - says in which form
 * @param content - of the shard
 * @returns the whole file, the same for the same content
 */
export function encodeShard(
  { id, dataset, logits: { dtype, top } }: Pick<AnswerManifest, 'id' | 'dataset' | 'logits'>,
  { split, index, ids, logits }: ShardContent,
): Uint8Array {
  const classes = dataset.classNames.length
  const rows = ids.length
  const numbers = (data: Float32Array, ...shape: number[]): SafetensorsTensor => ({
    dtype: dtype === 'float16' ? 'F16' : 'F32',
    shape,
    data,
  })
  const tensors = new Map<string, SafetensorsTensor>([['ids', { dtype: 'I32', shape: [rows], data: ids }]])
  if (top === undefined) tensors.set('logits', numbers(logits, rows, classes))
  else {
    const kept = topLogits(logits, { classes, top })
    tensors.set('top.classes', { dtype: 'U16', shape: [rows, top], data: kept.classes })
    tensors.set('top.logits', numbers(kept.logits, rows, top))
    tensors.set('top.rest', numbers(kept.rest, rows))
  }
  const about = {
    format: 'kd-answers',
    version: '1',
    answers: id,
    split,
    shard: String(index),
    classes: String(classes),
  }
  return writeSafetensors(tensors, about)
}

/**
 * Reads what {@link encodeShard} wrote. The bytes are not trusted: everything is checked, and nothing in them is run, opened or
 * followed.
 *
 * @param bytes - of a whole file
 * @returns the shard
 * @throws {@link KdError} saying what is wrong with the bytes
 */
export function decodeShard(bytes: Uint8Array): AnswerShard {
  const about = readSafetensorsMetadata(bytes)
  // Versions before 1.0 called answers labels.
  const isOld = about.get('format') === 'kd-labels'
  const wanted = { format: isOld ? 'kd-labels' : 'kd-answers', version: '1' }
  for (const [key, value] of Object.entries(wanted)) {
    if (about.get(key) !== value) throw bad(`have ${key} ${value}`, about.get(key))
  }
  const answers = matching(about, isOld ? 'labels' : 'answers', /^[0-9a-f]{64}$/)
  const split = matching(about, 'split', /^(train|validation|test)$/) as AnswerSplit
  const index = Number(matching(about, 'shard', /^\d{1,7}$/))
  const classes = Number(matching(about, 'classes', /^[1-9]\d{0,7}$/))
  const tensors = readSafetensors(bytes)
  const ids = tensorOf(tensors, 'ids', ['I32'], [undefined]).data as Int32Array
  return { answers, split, index, classes, ids, logits: logitsOf(tensors, ids.length, classes) }
}

function logitsOf(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  rows: number,
  classes: number,
): Float32Array | TopLogits {
  const numbers = (name: string, shape: readonly (number | undefined)[]): SafetensorsTensor => {
    const tensor = tensorOf(tensors, name, ['F32', 'F16'], shape)
    const infinite = (tensor.data as Float32Array).find((value) => !Number.isFinite(value))
    if (infinite !== undefined) throw bad(`have finite ${name}`, String(infinite))
    return tensor
  }
  if (tensors.has('logits')) {
    assertNames(tensors, ['ids', 'logits'])
    return numbers('logits', [rows, classes]).data as Float32Array
  }
  assertNames(tensors, ['ids', 'top.classes', 'top.logits', 'top.rest'])
  const logits = numbers('top.logits', [rows, undefined])
  const top = logits.shape[1]!
  const kept = tensorOf(tensors, 'top.classes', ['U16'], [rows, top]).data as Uint16Array
  const wrong = kept.findIndex((value, at) => value >= classes || (at % top > 0 && value <= kept[at - 1]!))
  if (wrong !== -1) throw bad(`have rising top.classes below ${classes}`, String(kept[wrong]))
  return {
    classes: kept,
    logits: logits.data as Float32Array,
    rest: numbers('top.rest', [rows]).data as Float32Array,
  }
}

/**
 * All logits of one example, those that were not kept made up for.
 *
 * @param shard - with the example
 * @param row - where in it
 * @param output - [C], written to
 */
export function shardRow({ logits, classes }: AnswerShard, row: number, output: Float32Array): void {
  if (logits instanceof Float32Array) output.set(logits.subarray(row * classes, (row + 1) * classes))
  else spreadTopLogits(logits, row, output)
}

function matching(about: ReadonlyMap<string, string>, key: string, pattern: RegExp): string {
  const value = about.get(key)
  if (value !== undefined && pattern.test(value)) return value
  throw bad(`name its ${key}`, value)
}

function assertNames(tensors: ReadonlyMap<string, SafetensorsTensor>, wanted: readonly string[]): void {
  const found = [...tensors.keys()].sort()
  if (found.join() !== wanted.join()) throw bad(`hold the tensors ${wanted.join(', ')}`, found.join(', '))
}

function tensorOf(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  name: string,
  dtypes: readonly string[],
  shape: readonly (number | undefined)[],
): SafetensorsTensor {
  const tensor = tensors.get(name)
  const fits =
    tensor !== undefined &&
    dtypes.includes(tensor.dtype) &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((size, axis) => size > 0 && size === (shape[axis] ?? size))
  if (fits) return tensor
  const wanted = `${dtypes.join(' or ')} [${shape.map((size) => size ?? 'N').join(', ')}]`
  throw bad(`hold ${wanted} as ${name}`, tensor && `${tensor.dtype} [${tensor.shape.join(', ')}]`)
}

function bad(rule: string, found: string | undefined): KdError {
  return new KdError(
    `kept answers: a shard must ${rule}, got ${found === undefined ? 'none' : found.slice(0, 100)}`,
  )
}
