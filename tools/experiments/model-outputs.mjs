import { normalizedInputs } from '@kd/core'
import { penultimateLayer } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import { model as layersModel } from '@tensorflow/tfjs-layers'

/** Examples at a time. */
const ROWS = 1000

/**
 * What a model sees at its last layer and says, on one split.
 *
 * @param model - a layers model that ends in a dense layer
 * @param dataset - of the split
 * @param examples - the split
 * @returns features [N, D], logits [N, C] and labels, as @kd/selection takes them
 */
export async function modelOutputs(model, dataset, examples) {
  const penultimate = model.getLayer(penultimateLayer(model)).output
  const both = layersModel({ inputs: model.inputs, outputs: [penultimate, model.outputs[0]] })
  const count = examples.labels.length
  const tables = both.outputs.map(({ shape: [, columns] }) => ({
    values: new Float32Array(count * columns),
    shape: [count, columns],
  }))
  for (let from = 0; from < count; from += ROWS) {
    const rows = Int32Array.from({ length: Math.min(ROWS, count - from) }, (_, index) => from + index)
    const pieces = tf.tidy(() => {
      const inputs = normalizedInputs(dataset, examples, rows)
      return both.predict(tf.tensor(inputs, [rows.length, ...dataset.inputShape]), { batchSize: 250 })
    })
    for (const [index, piece] of pieces.entries())
      tables[index].values.set(await piece.data(), from * tables[index].shape[1])
    tf.dispose(pieces)
  }
  const [features, logits] = tables
  return { features, logits, labels: examples.labels }
}
