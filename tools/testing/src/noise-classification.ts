import { randomSource, type Dataset, type Examples } from '@kd/core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'

/** Three overlapping classes of points in the plane: 40 to train on, 24 held out; ids are multiples of three. */
export const noiseDataset: Dataset = {
  name: 'noise',
  inputShape: [2],
  classNames: ['a', 'b', 'c'],
  normalization: { mean: [0], standardDeviation: [1] },
  train: examples(40, 1),
  validation: examples(24, 2),
}

/** A network of two layers for {@link noiseDataset}. */
export function noiseNetwork(seed: number): LayersModel {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed } } as never
  return sequential({
    layers: [
      layers.dense({ units: 5, inputShape: [2], activation: 'relu', kernelInitializer }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  })
}

function examples(count: number, seed: number): Examples {
  const random = randomSource(seed)
  const labels = Int32Array.from({ length: count }, () => random.integer(3))
  const inputs = Float32Array.from({ length: 2 * count }, (_, at) => random.normal() + labels[at >> 1]!)
  return { inputs, labels, ids: labels.map((_, row) => 3 * row) }
}
