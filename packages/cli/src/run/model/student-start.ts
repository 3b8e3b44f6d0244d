import { KdError, ShapeError, taskOf, type AnyDataset } from '@kd/core'
import { freeze, modelTensors, replaceHead, withoutSoftmax } from '@kd/models'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { isGraphModel, loadModelFile, ofFile } from './model-file.js'

/** What a config says about the student that comes from a file. */
type StudentFile = Pick<Config['student'], 'head' | 'softmax'> & { readonly seed: number | string }

/**
 * Loads a student to start from that was made elsewhere: its layers and its weights, and on request another head.
 *
 * @param path - of the file
 * @param dataset - gives input shape and outputs
 * @param options - `head: 'replace'` puts a new last layer in place of its own, `softmax: 'remove'` takes a softmax off its end
 * @returns the same model for the same file and seed
 * @throws {@link KdError} when the file is missing or damaged, or does not fit the data
 */
export async function studentFromFile(
  path: string,
  dataset: AnyDataset,
  { head, softmax, seed }: StudentFile,
): Promise<LayersModel> {
  const key = 'student.model.file'
  if (await isGraphModel(path)) {
    throw new KdError(
      `${key}: ${path} must be a model with layers, got a graph model, which cannot be trained`,
    )
  }
  let model = await loadModelFile(path, key)
  const changeTo = (make: (model: LayersModel) => LayersModel): void => {
    const before = model
    model = make(before)
    before.dispose()
  }
  const classes = taskOf(dataset).outputShape.at(-1)!
  try {
    if (softmax === 'remove') changeTo(withoutSoftmax)
    if (head === 'replace') changeTo((before) => replaceHead(before, { classes, seed }))
    // What cannot be saved is found now, and not when the student is trained.
    await modelTensors(model)
    model.trainable = true
    assertStudent(model, dataset, `${key}: ${path}`)
    return model
  } catch (error) {
    model.dispose()
    throw KdError.isInstance(error) && error.message.startsWith(key) ? error : ofFile(error, key, path)
  }
}

/**
 * Freezes what a config wants frozen.
 *
 * @param model - changed in place
 * @param layers - names of layers, or true for all but the last dense one
 * @throws {@link KdError} when there is no such layer
 */
export function freezeStudent(model: LayersModel, layers: NonNullable<Config['student']['freeze']>): void {
  try {
    freeze(model, layers === true ? undefined : layers)
  } catch (error) {
    if (!KdError.isInstance(error)) throw error
    const reason = error.message.split('\n')[0]!.replace(/^freeze: /, '')
    const hint = error.hint === undefined ? {} : { hint: error.hint.slice(0, 2000) }
    throw new KdError(`student.freeze: ${reason}`, { cause: error, ...hint })
  }
}

function assertStudent(model: LayersModel, dataset: AnyDataset, who: string): void {
  const [input, ...inputs] = model.inputs
  const [output, ...outputs] = model.outputs
  const show = (shape: readonly (number | null)[]): string => `[${shape.join(', ')}]`
  const given = input!.shape.slice(1)
  const fits =
    given.length === dataset.inputShape.length &&
    given.every((size, axis) => (size ?? dataset.inputShape[axis]) === dataset.inputShape[axis])
  if (inputs.length > 0 || !fits) {
    throw new ShapeError(
      `${who} must take one input ${show(dataset.inputShape)} of ${dataset.name}, got ${model.inputs.map(({ shape }) => show(shape.slice(1))).join(', ')}`,
    )
  }
  const wanted = taskOf(dataset).outputShape
  const found = output!.shape.slice(1)
  if (outputs.length > 0 || found.join() !== wanted.join()) {
    throw new ShapeError(
      `${who} must give ${show(wanted)} for ${dataset.name}, got ${model.outputs.map(({ shape }) => show(shape.slice(1))).join(', ')}`,
      {
        hint: 'with student.head: replace all but its last dense layer is taken',
      },
    )
  }
  const last = output!.sourceLayer
  if (last.getClassName() === 'Softmax' || last.getConfig()['activation'] === 'softmax') {
    throw new KdError(`${who} must give logits, got a model that ends in a softmax`, {
      hint: 'set student.softmax: remove, or student.head: replace',
    })
  }
}
