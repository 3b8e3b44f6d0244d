import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RandomSource } from '../random/random-source.js'
import { layersWithin } from './layers-within.js'

/**
 * Gives every layer with a seed of its own (dropout in its plain forms) the seed of this step, also in models within the model and
 * under wrappers such as TimeDistributed. Without it a seeded layer repeats one mask for ever.
 *
 * @param model - whose layers
 * @param random - this step's source
 */
export function seedLayers(model: LayersModel, random: RandomSource): void {
  for (const { layer, place } of seededLayers(model)) {
    layer.seed = place.reduce<RandomSource>((source, index) => source.split(index), random).seed()
  }
}

/**
 * Remembers the seeds of such layers, which are part of what a model is saved as: what it was trained by last would otherwise
 * show in the file, and not in that of a run that went on after its last step.
 *
 * @param model - whose layers
 * @returns a function that gives the layers their seeds back
 */
export function keepLayerSeeds(model: LayersModel): () => void {
  const before = seededLayers(model).map(({ layer }) => [layer, layer.seed] as const)
  return () => {
    for (const [layer, seed] of before) layer.seed = seed
  }
}

/**
 * Runs a function that draws by `Math.random`, as TensorFlow.js does for noise layers, for dropout within LSTM and GRU and for every
 * layer without a seed, so that it draws the same for the same source. TensorFlow.js has no other place to tell them.
 *
 * @param random - this step's source
 * @param run - must not wait for anything: other programs would draw from the source too
 * @returns what `run` returns
 */
export function withSeededDraws<Result>(random: RandomSource, run: () => Result): Result {
  const mathematics: { random: () => number } = Math
  const { random: stock } = mathematics
  mathematics.random = () => random.uniform()
  try {
    return run()
  } finally {
    mathematics.random = stock
  }
}

interface SeededLayer {
  readonly layer: { seed: number | undefined }
  readonly place: number[]
}

function seededLayers(model: LayersModel): SeededLayer[] {
  return layersWithin(model).flatMap(([layer, place]) =>
    layer.getClassName().includes('Dropout') ? [{ layer: layer as never, place }] : [],
  )
}
