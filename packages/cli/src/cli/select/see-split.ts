import { KdError, normalizedInputs, PASS_BATCH_SIZE, type Dataset, type Examples } from '@kd/core'
import { penultimateLayer } from '@kd/models'
import type { SeenExamples } from '@kd/selection'
import * as tf from '@tensorflow/tfjs-core'
import { model as layersModel, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/** Runs a model for what its last layer takes and gives. */
export interface LastLayer {
  /** Numbers that the last layer takes, D. */
  readonly features: number
  /** Numbers that it gives, C. */
  readonly logits: number
  readonly model: LayersModel
}

/**
 * Opens a model before its last dense layer.
 *
 * @param model - ends in a dense layer that gives logits
 * @returns a model that gives features [N, D] and logits [N, C]
 * @throws {@link KdError} when the last dense layer takes no [N, D]
 */
export function lastLayerOf(model: LayersModel): LastLayer {
  const name = penultimateLayer(model)
  const inner = model.getLayer(name).output as SymbolicTensor
  const opened = layersModel({ inputs: model.inputs, outputs: [inner, model.outputs[0]!] })
  const [features, logits] = opened.outputs.map(({ shape }) => shape)
  if (features!.length !== 2)
    throw new KdError(
      `kd select: the last dense layer must take [N, D], got ${features!.length} axes from ${name}`,
    )
  return { features: features![1]!, logits: logits![1]!, model: opened }
}

/** How a split is seen. */
export interface SeeSplitOptions {
  /** How many examples at most. @defaultValue all */
  readonly limit?: number
  /** This is called after each piece. */
  readonly onProgress?: (examples: number, of: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a model over a split, piece by piece.
 *
 * @param lastLayer - of the model
 * @param dataset - of the split
 * @param examples - the split
 * @param options - see {@link SeeSplitOptions}
 * @returns what the last layer takes and gives; undefined when it was ended meanwhile
 */
export async function seeSplit(
  lastLayer: LastLayer,
  dataset: Dataset,
  examples: Examples,
  { limit = Infinity, onProgress, signal }: SeeSplitOptions = {},
): Promise<SeenExamples | undefined> {
  const count = Math.min(limit, examples.labels.length)
  const features = new Float32Array(count * lastLayer.features)
  const logits = new Float32Array(count * lastLayer.logits)
  for (let start = 0; start < count; start += PASS_BATCH_SIZE) {
    if (signal?.aborted) return undefined
    const rows = Int32Array.from(
      { length: Math.min(PASS_BATCH_SIZE, count - start) },
      (_, row) => start + row,
    )
    const outputs = tf.tidy(() => {
      const inputs = tf.tensor(normalizedInputs(dataset, examples, rows), [
        rows.length,
        ...dataset.inputShape,
      ])
      return lastLayer.model.apply(inputs, { training: false }) as tf.Tensor[]
    })
    features.set(await outputs[0]!.data<'float32'>(), start * lastLayer.features)
    logits.set(await outputs[1]!.data<'float32'>(), start * lastLayer.logits)
    tf.dispose(outputs)
    onProgress?.(start + rows.length, count)
    await new Promise(setImmediate)
  }
  return {
    ids: examples.ids.slice(0, count),
    labels: examples.labels.slice(0, count),
    features: { values: features, shape: [count, lastLayer.features] },
    logits: { values: logits, shape: [count, lastLayer.logits] },
  }
}
