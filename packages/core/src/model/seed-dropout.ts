import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { RandomSource } from '../random/random-source.js'

/**
 * Gives every layer that draws random numbers with a seed (dropout in all its forms) the seed of this step. Without it a
 * seeded layer repeats one mask for ever and an unseeded one cannot be repeated.
 *
 * @param model - whose layers
 * @param random - this step's source
 */
export function seedDropout(model: LayersModel, random: RandomSource): void {
  for (const [layer, index] of seededLayers(model)) layer.seed = random.split(index).seed()
}

/**
 * Remembers the seeds of such layers, which are part of what a model is saved as: what it was trained by last would otherwise
 * show in the file, and not in that of a run that went on after its last step.
 *
 * @param model - whose layers
 * @returns a function that gives the layers their seeds back
 */
export function keepDropoutSeeds(model: LayersModel): () => void {
  const before = seededLayers(model).map(([layer]) => [layer, layer.seed] as const)
  return () => {
    for (const [layer, seed] of before) layer.seed = seed
  }
}

interface SeededLayer {
  seed: number | undefined
}

function seededLayers(model: LayersModel): [layer: SeededLayer, index: number][] {
  return model.layers.flatMap((layer, index) =>
    /Dropout/.test(layer.getClassName()) ? [[layer as unknown as SeededLayer, index]] : [],
  )
}
