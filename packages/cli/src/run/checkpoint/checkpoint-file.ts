import { KdError, type TensorValues, type TrainingCheckpoint } from '@kd/core'
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '@kd/models'
import type { SafetensorsTensor } from '@kd/models'
import { checkpointSchema, type CheckpointManifest } from './checkpoint-schema.js'

/** One training of a run at one moment, as it lies on the disk. */
export interface RunCheckpoint extends Omit<CheckpointManifest, 'format' | 'version' | 'progress'> {
  readonly training: TrainingCheckpoint
}

const FORMAT = 'kd-checkpoint'
const VERSION = 1

/**
 * Writes a checkpoint as the bytes of a safetensors file, whose metadata hold everything that is not a tensor.
 *
 * @param checkpoint - of a training
 * @returns the whole file
 */
export function encodeCheckpoint({ training, ...about }: RunCheckpoint): Uint8Array {
  const { progress, tensors } = training
  const manifest: CheckpointManifest = { format: FORMAT, version: VERSION, ...about, progress }
  const stored = new Map([...tensors].map(([name, values]) => [name, toSafetensors(values)]))
  return writeSafetensors(stored, { manifest: JSON.stringify(manifest, numberAsText) })
}

/**
 * Reads what {@link encodeCheckpoint} wrote. The bytes are not trusted: everything is checked before anything is made from it, and
 * nothing in them is run, opened or followed.
 *
 * @param bytes - of a whole file
 * @returns the checkpoint
 * @throws {@link KdError} saying what is wrong with the bytes
 */
export function decodeCheckpoint(bytes: Uint8Array): RunCheckpoint {
  const manifest = parseManifest(readSafetensorsMetadata(bytes).get('manifest'))
  const { format: _, version: __, progress, ...about } = manifest
  const tensors = new Map(
    [...readSafetensors(bytes)].map(([name, tensor]) => [name, fromSafetensors(name, tensor)]),
  )
  return { ...about, training: { progress, tensors } }
}

function parseManifest(text: string | undefined): CheckpointManifest {
  if (text === undefined) throw new KdError('checkpoint: metadata must hold a manifest, got none')
  let value: unknown
  try {
    value = JSON.parse(text, textAsNumber)
  } catch (cause) {
    throw new KdError(`checkpoint: manifest must be JSON, got ${text.length} other characters`, { cause })
  }
  const { success, data, error } = checkpointSchema.safeParse(value)
  if (success) return data
  const [issue] = error.issues
  const at = issue!.path.map(String).join('.').slice(0, 100)
  throw new KdError(
    `checkpoint: manifest must have the form of version ${VERSION}, got ${at}: ${issue!.message}`,
  )
}

/** JSON has no NaN and no infinities, which a run that goes wrong can have in its history. */
function numberAsText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value
}

function textAsNumber(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'number') return value
  const { number } = value as { number: unknown }
  return number === 'NaN' || number === 'Infinity' || number === '-Infinity' ? Number(number) : value
}

const dtypes = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const

function toSafetensors({ dtype, shape, values }: TensorValues): SafetensorsTensor {
  return { dtype: dtypes[dtype], shape, data: values }
}

function fromSafetensors(name: string, { dtype, shape, data }: SafetensorsTensor): TensorValues {
  if (dtype === 'F32') return { dtype: 'float32', shape, values: data as Float32Array }
  if (dtype === 'I32') return { dtype: 'int32', shape, values: data as Int32Array }
  if (dtype === 'BOOL') return { dtype: 'bool', shape, values: data as Uint8Array }
  throw new KdError(`checkpoint: tensors must be F32, I32 or BOOL, got ${dtype} for '${name.slice(0, 100)}'`)
}
