import { ShapeError } from '@kd/core'
import type { SafetensorsTensor } from '../safetensors/safetensors-tensor.js'

/**
 * Checks that tensors have exactly the wanted names, each with its shape and of floats; one error lists all that differs.
 *
 * @param tensors - the tensors to check, by name
 * @param shapes - the wanted shapes, by name
 * @param functionName - the function that was called, for the message
 */
export function assertFittingTensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  shapes: ReadonlyMap<string, readonly number[]>,
  functionName: string,
): void {
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name))
  const unknown = [...tensors.keys()].filter((name) => !shapes.has(name))
  const wrong = [...shapes].flatMap(([name, shape]) => {
    const tensor = tensors.get(name)
    return tensor === undefined || fits(tensor, shape) ? [] : [`${name} ${describeMismatch(tensor, shape)}`]
  })
  const problems = [
    listNames('missing', missing),
    listNames('unknown', unknown),
    listNames('wrong', wrong),
  ].filter(Boolean)
  if (problems.length === 0) return
  throw new ShapeError(
    `${functionName}: tensors must have the model's names and shapes, got ${problems.join('; ')}`,
    { hint: 'does the model have the depth, widths, shortcuts and classes of the file?' },
  )
}

function fits({ shape, data }: SafetensorsTensor, wanted: readonly number[]): boolean {
  const floats = data instanceof Float32Array || data instanceof Float64Array
  return floats && shape.length === wanted.length && shape.every((size, axis) => size === wanted[axis])
}

function describeMismatch({ shape, dtype }: SafetensorsTensor, wanted: readonly number[]): string {
  return `${dtype} [${shape.join(', ')}] instead of float [${wanted.join(', ')}]`
}

function listNames(problem: string, entries: readonly string[]): string {
  if (entries.length === 0) return ''
  const more = entries.length > 20 ? ` and ${entries.length - 20} more` : ''
  return `${problem} ${entries.slice(0, 20).join(', ')}${more}`
}
