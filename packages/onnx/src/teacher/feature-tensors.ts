import type { OnnxDescription } from '../describe-onnx.js'
import { readOnnx } from '../file/read-onnx.js'
import { withOutputs } from '../file/with-outputs.js'
import { descriptionOf } from '../describe-onnx.js'
import { createSession, type OnnxRuntime } from '../runtime.js'

/** Operators that only turn a tensor, whose axes so may not be those of an image. */
const turning = new Set(['Transpose', 'Reshape', 'Constant', 'Shape', 'Flatten', 'Squeeze', 'Unsqueeze'])

/** What a file can show. */
export interface FeatureTensors {
  readonly description: OnnxDescription
  /** The tensor that each name stands for: `penultimate`, `stage1`..., and each tensor by its own name. */
  readonly features: ReadonlyMap<string, string>
}

/**
 * Finds which tensors can be features. Stage k is the last tensor of the k-th height and width, as for models that run here; the
 * runtime infers the shapes.
 */
export async function featureTensors(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  functionName: string,
): Promise<FeatureTensors> {
  const model = readOnnx(bytes)
  const description = descriptionOf(model)
  const outputs = new Set(model.outputs.map(({ name }) => name))
  const inner = description.tensors.filter((name) => !outputs.has(name))
  const session = await createSession(runtime, withOutputs(bytes, inner), 1, functionName)
  const shapes = new Map(
    (session.outputMetadata ?? [])
      .filter(({ type }) => type === 'float32')
      .map(({ name, shape }) => [name, shape ?? []]),
  )
  await session.release?.()
  const stages = new Map<string, string>()
  for (const node of model.nodes) {
    const [height, width] = (shapes.get(node.outputs[0]!) ?? []).slice(2) as (number | undefined)[]
    const isMap = shapes.get(node.outputs[0]!)?.length === 4 && Number(height) * Number(width) > 1
    if (isMap && !turning.has(node.operator)) stages.set(`${height}x${width}`, node.outputs[0]!)
  }
  const features = new Map<string, string>()
  for (const name of description.tensors) if (shapes.has(name)) features.set(name, name)
  for (const [index, tensor] of [...stages.values()].entries()) features.set(`stage${index + 1}`, tensor)
  if (description.penultimate !== undefined) features.set('penultimate', description.penultimate)
  return { description, features }
}
