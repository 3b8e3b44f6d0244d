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

/** Places in the window of a pool: from 2^24 on, wasm gives numbers that nobody computed. */
const MOST_POOLED = 2 ** 22
/** Places that all windows of a pool read for one example: some 20 seconds on wasm, which looks at all of them. */
const MOST_POOLING = 2 ** 31
/** What an axis of any length is taken for: behind the first pools, maps of many channels are no longer. */
const UNKNOWN_LENGTH = 2 ** 7

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
 * Refuses a model whose layers would give more than memory holds, or whose pools would be computed for minutes.
 *
 * @param model - built, not yet run
 * @throws {@link KdError} that names the layer
 */
export function assertOutputSizes(model: Pick<LayersModel, 'layers'>): void {
  for (const layer of model.layers) {
    // A layer that is called twice may give two shapes.
    for (const { shape } of layer.inboundNodes.flatMap(({ outputTensors }) => outputTensors)) {
      const title = `the layer ${layer.name.slice(0, 200)}`
      const text = shape.map((length) => length ?? 'N').join(', ')
      if (sizeOf(shape, 1) > MOST_OUTPUTS) {
        throw new KdError(
          `${title} must give at most ${MOST_OUTPUTS} numbers for an example, got the shape [${text}]`,
        )
      }
      const pooled = pooledPlaces(layer)
      if (pooled <= MOST_POOLED && pooled * sizeOf(shape, UNKNOWN_LENGTH) <= MOST_POOLING) continue
      throw new KdError(
        `${title} must pool at most ${MOST_POOLED} places at a time and ${MOST_POOLING} for an example, got windows of ${pooled} for the shape [${text}]`,
      )
    }
    if ('layers' in layer) assertOutputSizes(layer as unknown as LayersModel)
  }
}

/** How many numbers one example has. */
function sizeOf(shape: readonly (number | null)[], unknown: number): number {
  return shape.slice(1).reduce<number>((product, length) => product * (length ?? unknown), 1)
}

/** How many places the window of a pool has, also of one that another layer goes around; 0 for other layers. */
function pooledPlaces(layer: object): number {
  const { poolSize, layer: inner } = layer as { poolSize?: number | readonly number[]; layer?: object }
  if (inner !== undefined) return pooledPlaces(inner)
  return poolSize === undefined ? 0 : [poolSize].flat().reduce((product, length) => product * length, 1)
}
