import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { layersWithin } from './layers-within.js'

/**
 * Runs a model so that its batch normalisation uses the statistics of the batch, while dropout stays off and no average moves.
 *
 * @param model - whose layers are held for the time of the call
 * @param run - runs it in training mode
 * @returns what `run` returns
 */
export function withBatchStatistics<Result>(model: LayersModel, run: () => Result): Result {
  const dropouts = layersWithin(model)
    .map(([layer]) => layer)
    .filter((layer) => /Dropout|Noise/.test(layer.getClassName()))
    .map((layer) => layer as unknown as { rate?: number; stddev?: number })
  const rates = dropouts.map(({ rate, stddev }) => ({ rate, stddev }))
  const averages = model.nonTrainableWeights.map((weight) => weight.read() as tf.Variable)
  const before = averages.map((average) => tf.keep(tf.clone(average)))
  for (const layer of dropouts) {
    if (layer.rate !== undefined) layer.rate = 0
    if (layer.stddev !== undefined) layer.stddev = 0
  }
  try {
    return run()
  } finally {
    dropouts.forEach((layer, index) => Object.assign(layer, definedOf(rates[index]!)))
    averages.forEach((average, index) => {
      average.assign(before[index]!)
    })
    tf.dispose(before)
  }
}

function definedOf(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  )
}
