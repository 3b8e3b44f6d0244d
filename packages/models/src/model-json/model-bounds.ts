import { KdError } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** Options of layers that say over how many places they reach. */
const geometric: readonly string[] = [
  'kernelSize',
  'poolSize',
  'strides',
  'dilationRate',
  'padding',
  'cropping',
  'size',
  'n',
  'depthMultiplier',
]

/** More than the side of any image; a product of two such numbers still has all its digits. */
const MOST_PLACES = 2 ** 16
/** More numbers than one example's output of any layer may have: 1 GiB. */
const MOST_OUTPUTS = 2 ** 28

/**
 * Refuses a layer that reaches further than any image: an engine would compute for ever, or end the process.
 *
 * @param layer - name and options, as a `model.json` has them
 * @throws {@link KdError} that names layer and option
 */
export function assertGeometry(name: string, config: Readonly<Record<string, unknown>>): void {
  for (const option of geometric) {
    // A padding may also be a word, 'same' for one.
    const numbers = [config[option]].flat(2).filter((value) => typeof value === 'number')
    const wrong = numbers.find((value) => !(Number.isInteger(value) && value >= 0 && value <= MOST_PLACES))
    if (wrong === undefined) continue
    throw new KdError(
      `the layer ${name.slice(0, 200)} must have a ${option} of whole numbers from 0 to ${MOST_PLACES}, got ${wrong}`,
    )
  }
}

/**
 * Refuses a model whose layers would give more than memory holds.
 *
 * @param model - built, not yet run
 * @throws {@link KdError} that names the layer
 */
export function assertOutputSizes(model: Pick<LayersModel, 'layers'>): void {
  for (const layer of model.layers) {
    // A layer that is called twice may give two shapes.
    for (const { shape } of layer.inboundNodes.flatMap(({ outputTensors }) => outputTensors)) {
      const size = shape.reduce<number>((product, length) => product * (length ?? 1), 1)
      if (size <= MOST_OUTPUTS) continue
      throw new KdError(
        `the layer ${layer.name.slice(0, 200)} must give at most ${MOST_OUTPUTS} numbers for an example, got the shape [${shape.map((length) => length ?? 'N').join(', ')}]`,
      )
    }
    if ('layers' in layer) assertOutputSizes(layer as unknown as LayersModel)
  }
}
