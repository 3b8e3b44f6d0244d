import { KdError, type LogitTable } from '@kd/core'
import { readSafetensors } from '../safetensors/read-safetensors.js'
import type { SafetensorsData } from '../safetensors/safetensors-tensor.js'
import { isNpy, readNpy } from './read-npy.js'

const functionName = 'readLogitTable'

/**
 * Reads the logits that a teacher gave elsewhere: a safetensors file with a tensor `logits` [N, C] of floats and, if the rows are
 * not the examples in their order, `ids` [N] of integers; or an `.npy` file with an array [N, C] of floats. Those of a Parquet file
 * are read by `parquetLogitTable` of `@kd/datasets`.
 *
 * @param bytes - the whole file
 * @returns what `logitTables` of `@kd/core` takes
 * @throws {@link KdError} when the file is damaged, holds other tensors, or an id is no int32
 *
 * @example
 * ```ts
 * import { logitTables } from '@kd/core'
 * import { readLogitTable, writeSafetensors } from '@kd/models'
 *
 * const bytes = writeSafetensors(
 *   new Map([['logits', { dtype: 'F32', shape: [2, 2], data: new Float32Array([2, 0, 0, 2]) }]]),
 * )
 * const teacher = logitTables({ train: readLogitTable(bytes) })
 * console.log([...teacher.keptLogits('train', Int32Array.of(1))]) // [ 0, 2 ]
 * ```
 */
export function readLogitTable(bytes: Uint8Array): LogitTable {
  if (isNpy(bytes)) return tableOf(readNpy(bytes), undefined)
  const tensors = readSafetensors(bytes)
  const logits = tensors.get('logits')
  const unknown = [...tensors.keys()].filter((name) => name !== 'logits' && name !== 'ids')
  if (logits === undefined || unknown.length > 0) {
    throw new KdError(
      `${functionName}: file must hold the tensors logits and, if wanted, ids, got ${[...tensors.keys()].slice(0, 20).join(', ').slice(0, 500) || 'none'}`,
      { hint: 'docs/teachers.md has a writer; a folder of kd keep-answers is named by answers' },
    )
  }
  return tableOf(logits, tensors.get('ids'))
}

interface NumberArray {
  readonly shape: readonly number[]
  readonly data: SafetensorsData
}

function tableOf(logits: NumberArray, ids: NumberArray | undefined): LogitTable {
  const { shape, data } = logits
  const isFloat = data instanceof Float32Array || data instanceof Float64Array
  if (shape.length !== 2 || !isFloat || !(shape[0]! >= 1 && shape[1]! >= 1)) {
    throw new KdError(
      `${functionName}: logits must be floats [N, C] with N, C >= 1, got ${isFloat ? '' : 'integers '}[${shape.join(', ')}]`,
    )
  }
  const table = { logits: Float32Array.from(data), classes: shape[1]! }
  if (ids === undefined) return table
  if (ids.shape.length !== 1 || ids.shape[0] !== shape[0])
    throw new KdError(`${functionName}: ids must be [${shape[0]}], got [${ids.shape.join(', ')}]`)
  return { ...table, ids: Int32Array.from(ids.data as Float64Array, toId) }
}

function toId(value: number | bigint): number {
  const id = Number(value)
  if (Number.isInteger(id) && id >= -(2 ** 31) && id < 2 ** 31) return id
  throw new KdError(`${functionName}: ids must be integers of 32 bits, got ${value}`)
}
