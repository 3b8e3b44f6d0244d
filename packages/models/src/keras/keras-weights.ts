import { KdError } from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import type { Hdf5File } from './hdf5-file.js'
import type { KerasLayer } from './keras-topology.js'

/** Where the arrays of a layer lie below its group, in the order of TensorFlow.js: its own, then those of the layers in it. */
const parts = ['cell', 'layer', 'forward_layer', 'backward_layer']
/** Levels of layers in a layer: both directions of a recurrent one, over time, have three. */
const DEEPEST = 4

/** An array of a file and the weight that it belongs to. */
interface Assignment {
  readonly path: string
  readonly variable: LayerVariable
}

/**
 * Puts the weights of a `.keras` archive into a model of the same layers. Nothing is changed unless all of them fit.
 *
 * @param model - changed in place
 * @param topology - its configuration, whose order the groups of the file follow
 * @param file - `model.weights.h5`
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} naming the layer whose weights are missing or of another shape
 */
export async function loadArchiveWeights(
  model: LayersModel,
  topology: KerasLayer,
  file: Hdf5File,
  functionName: string,
): Promise<void> {
  const visit = async (
    container: LayersModel,
    { config }: KerasLayer,
    path: string,
  ): Promise<Assignment[]> => {
    const found: Assignment[] = []
    const counts = new Map<string, number>()
    for (const layer of config['layers'] as readonly KerasLayer[]) {
      const group = snakeCase(layer.class_name)
      const count = counts.get(group) ?? 0
      counts.set(group, count + 1)
      const place = `${path}layers/${group}${count === 0 ? '' : `_${count}`}`
      const made = container.getLayer(String(layer.config['name']))
      if ('layers' in made) found.push(...(await visit(made as LayersModel, layer, `${place}/`)))
      else if (made.weights.length > 0)
        found.push(...assign(made.name, made.weights, await arraysBelow(file, place, 0), functionName))
    }
    return found
  }
  await writeAll(await visit(model, topology, ''), file)
}

/**
 * Puts the weights of an `.h5` file of Keras into a model of the same layers. Nothing is changed unless all of them fit.
 *
 * @param model - changed in place
 * @param file - the whole file
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} naming the layer whose weights are missing or of another shape
 */
export async function loadLegacyWeights(
  model: LayersModel,
  file: Hdf5File,
  functionName: string,
): Promise<void> {
  const assignments: Assignment[] = []
  for (const layer of model.layers) {
    const group = `model_weights/${layer.name}`
    const names = await file.texts(group, 'weight_names')
    const paths = names.map((name) => `${group}/${name}`)
    assignments.push(...assign(layer.name, layer.weights, paths, functionName))
  }
  await writeAll(assignments, file)
}

/** The paths of all arrays of a layer, in the order of TensorFlow.js. */
async function arraysBelow(file: Hdf5File, group: string, depth: number): Promise<string[]> {
  if (depth === DEEPEST) return []
  const found: string[] = []
  while (await file.has(`${group}/vars/${found.length}`)) found.push(`${group}/vars/${found.length}`)
  if (found.length > 0) return found
  for (const part of parts) found.push(...(await arraysBelow(file, `${group}/${part}`, depth + 1)))
  return found
}

function assign(
  layer: string,
  variables: readonly LayerVariable[],
  paths: readonly string[],
  functionName: string,
): Assignment[] {
  if (variables.length === paths.length)
    return variables.map((variable, index) => ({ variable, path: paths[index]! }))
  throw new KdError(
    `${functionName}: layer '${layer.slice(0, 100)}' must have ${variables.length} weights in the file, got ${paths.length}`,
    { hint: 'the file may be damaged, or of another version of Keras: export the model as ONNX' },
  )
}

async function writeAll(assignments: readonly Assignment[], file: Hdf5File): Promise<void> {
  const values: Float32Array[] = []
  for (const { path, variable } of assignments) values.push(await file.read(path, variable.shape as number[]))
  tf.tidy(() => {
    assignments.forEach(({ variable }, index) => {
      variable.write(tf.tensor(values[index]!, variable.shape as number[]))
    })
  })
}

/** Returns the name that Keras gives to a group of a file: SeparableConv2D is separable_conv2d. */
function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}
