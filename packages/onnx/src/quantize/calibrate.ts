import { InvalidArgumentError } from '@kd/core'
import { descriptionOf } from '../describe-onnx.js'
import type { OnnxModel } from '../file/onnx-model.js'
import { withOutputs } from '../file/with-outputs.js'
import { writeOnnx } from '../file/write-onnx.js'
import { createSession, runSession, type OnnxRuntime } from '../runtime.js'
import { roundedTensors } from './rounded-tensors.js'

/** Batches of inputs that show which values occur within the network; a few hundred examples of the training split will do. */
export type Calibration = Iterable<Float32Array> | AsyncIterable<Float32Array>

/** The least and the greatest value of a tensor; 0 lies between them. */
export interface Range {
  least: number
  greatest: number
}

/**
 * Runs a model on examples and finds the range of each tensor that is to be rounded.
 *
 * @throws InvalidArgumentError for no examples, and for a batch that is no multiple of the input's size
 */
export async function calibrate(
  runtime: OnnxRuntime,
  model: OnnxModel,
  calibration: Calibration,
): Promise<ReadonlyMap<string, Range>> {
  const input = descriptionOf(model).inputs[0]
  if (input?.shape === undefined || input.shape.slice(1).includes(null)) {
    throw new InvalidArgumentError('quantizeOnnx: file must have an input of known shape, got a free one')
  }
  const size = (input.shape.slice(1) as number[]).reduce((product, length) => product * length, 1)
  const names = roundedTensors(model)
  const ranges = new Map(names.map((name): [string, Range] => [name, { least: 0, greatest: 0 }]))
  const outputs = new Set(model.outputs.map(({ name }) => name))
  const computed = names.filter((name) => name !== input.name)
  const bytes = withOutputs(
    writeOnnx(model),
    computed.filter((name) => !outputs.has(name)),
  )
  const session = await createSession(runtime, bytes, 1, 'quantizeOnnx')
  let examples = 0
  for await (const values of calibration) {
    if (values.length === 0 || values.length % size !== 0) {
      throw new InvalidArgumentError(
        `quantizeOnnx: calibration must give batches of ${size} numbers an example, got ${values.length}`,
      )
    }
    const count = values.length / size
    examples += count
    const shape = [count, ...(input.shape.slice(1) as number[])]
    const results = await runSession(runtime, session, { name: input.name, values, shape }, computed)
    widen(ranges.get(input.name), values, input.name)
    for (const [index, name] of computed.entries()) widen(ranges.get(name), results[index]!.values, name)
  }
  await session.release?.()
  if (examples === 0) throw new InvalidArgumentError('quantizeOnnx: calibration must give examples, got none')
  return ranges
}

function widen(range: Range | undefined, values: Float32Array, name: string): void {
  if (range === undefined) return
  for (const value of values) {
    if (!Number.isFinite(value)) {
      throw new InvalidArgumentError(
        `quantizeOnnx: calibration must give finite values, got ${value} in ${name}`,
      )
    }
    if (value < range.least) range.least = value
    if (value > range.greatest) range.greatest = value
  }
}
