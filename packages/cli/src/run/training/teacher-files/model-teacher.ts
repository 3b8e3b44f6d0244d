import {
  InvalidArgumentError,
  KdError,
  ShapeError,
  taskOf,
  type AnyDataset,
  type Model,
  type Outputs,
  type Teacher,
} from '@kd/core'
import { loadGraphModelTeacher, withoutSoftmax } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { basename } from 'node:path'
import type { TeacherConfig } from '../../../config/config-schema.js'
import { isGraphModel, loadModelFile, ofFile } from '../../model/model-file.js'
import { changedModel, changedOutputs, type TeacherChange } from '../changed-model.js'
import { picked, renormalization } from '../tensor-changes.js'
import { teacherOutputs } from './teacher-outputs.js'

/**
 * Opens a model of TensorFlow.js or Keras as a teacher, and asks it about one example, so that what does not fit is found before
 * anything is trained.
 *
 * @param teacher - its config, with `model.file`
 * @param path - of the file
 * @param clean - the data set before label noise
 * @param who - what errors call the teacher
 * @returns the teacher
 * @throws {@link KdError} when the file is missing or damaged, or the model does not fit the data
 */
export async function openModelTeacher(
  teacher: TeacherConfig,
  path: string,
  clean: AnyDataset,
  who: string,
): Promise<Teacher | Model> {
  const key = `${who}.model.file`
  const change = teacherChange(teacher, clean, who)
  const opened = (await isGraphModel(path))
    ? await graphTeacher(teacher, path, key, change)
    : changedModel(await layersTeacher(teacher, path, key), change, shapesOf(clean))
  try {
    await assertAnswers(opened, clean, `${key}: ${path}`)
    return opened
  } catch (error) {
    opened.dispose?.()
    throw error
  }
}

function shapesOf(clean: AnyDataset): Pick<Model, 'inputShape' | 'outputShape'> {
  return { inputShape: clean.inputShape, outputShape: taskOf(clean).outputShape }
}

async function graphTeacher(
  { output, softmax, outputs }: TeacherConfig,
  path: string,
  key: string,
  change: TeacherChange,
): Promise<Teacher> {
  let inner: Teacher
  try {
    inner = await loadGraphModelTeacher(path, {
      name: basename(path),
      withoutSoftmax: softmax === 'remove' || outputs === 'probabilities',
      ...(output !== undefined && { logits: output }),
    })
  } catch (error) {
    throw ofFile(error, key, path)
  }
  return {
    ...inner,
    // A graph answers at once, within the tidy of whoever asks.
    answer: (question) =>
      changedOutputs(
        inner.answer({ ...question, inputs: change.inputs(question.inputs) }) as Outputs,
        change,
      ),
  }
}

async function layersTeacher(
  { softmax, outputs, output }: TeacherConfig,
  path: string,
  key: string,
): Promise<LayersModel> {
  if (output !== undefined) {
    throw new InvalidArgumentError(
      `${key.replace('model.file', 'output')} must be left out for a model with layers, got ${output}`,
    )
  }
  const model = await loadModelFile(path, key)
  // Of probabilities the logarithms are taken, which are more exact without the softmax.
  if (softmax === 'remove' || outputs === 'probabilities') {
    try {
      return withoutSoftmax(model)
    } catch (error) {
      throw ofFile(error, key, path)
    } finally {
      model.dispose()
    }
  }
  if (endsInSoftmax(model)) {
    model.dispose()
    throw new KdError(`${key}: ${path} must give logits, got a model that ends in a softmax`, {
      hint: 'set softmax: remove beside model, or outputs: probabilities',
    })
  }
  return model
}

function endsInSoftmax(model: LayersModel): boolean {
  const last = model.outputs[0]!.sourceLayer
  return last.getClassName() === 'Softmax' || last.getConfig()['activation'] === 'softmax'
}

/** What is done to the inputs and logits of a model, so that the run can give it and take from it what it knows. */
function teacherChange(
  { normalization, layout, classes, outputs, temperature = 1 }: TeacherConfig,
  clean: AnyDataset,
  who: string,
): TeacherChange {
  const { inputShape } = clean
  const channels = inputShape.at(-1)!
  for (const [name, values] of Object.entries(normalization ?? {})) {
    if (values.length === 1 || values.length === channels) continue
    throw new InvalidArgumentError(
      `${who}.normalization.${name} must have one number, or one for each of ${channels} channels, got ${values.length}`,
    )
  }
  if (layout === 'NCHW' && inputShape.length !== 3)
    throw new InvalidArgumentError(
      `${who}.layout must be left out for inputs [${inputShape.join(', ')}], got NCHW`,
    )
  const chosen = teacherOutputs(classes, clean, who)
  const order = Array.from({ length: channels }, (_, channel) => channel)
  const renormalized = normalization && renormalization(clean.normalization, normalization, order)
  return {
    inputs: (inputs) => {
      const own = renormalized === undefined ? inputs : renormalized(inputs)
      return layout === 'NCHW' ? tf.transpose(own, [0, 3, 1, 2]) : own
    },
    logits: (given) => {
      const own = outputs === 'probabilities' ? tf.mul(tf.logSoftmax(given), temperature) : given
      return chosen === undefined ? own : pickedOutputs(own, chosen, who)
    },
  }
}

function pickedOutputs(given: tf.Tensor, chosen: readonly number[], who: string): tf.Tensor {
  const outside = chosen.find((output) => output >= given.shape.at(-1)!)
  if (outside === undefined) return picked(given, chosen)
  throw new ShapeError(`${who}.classes must be outputs below ${given.shape.at(-1)!}, got ${outside}`)
}

/** Asks about an example of zeros. */
async function assertAnswers(teacher: Teacher | Model, clean: AnyDataset, who: string): Promise<void> {
  const inputs = tf.zeros([1, ...clean.inputShape])
  const shown = `[${clean.inputShape.join(', ')}]`
  try {
    const { logits } = askedOnce(teacher, inputs)
    const values = Float32Array.from(await logits.data())
    const [found, wanted] = [logits.shape.slice(1), taskOf(clean).outputShape]
    tf.dispose(logits)
    if (found.join() !== wanted.join()) {
      throw new ShapeError(
        `${who} must give ${wanted.join(', ')} classes for ${clean.name}, got ${found.join(', ')}`,
        { hint: 'say by `classes` which of its outputs each class of the data is' },
      )
    }
    if (values.some((value) => Number.isNaN(value)))
      throw new KdError(`${who} must give numbers, got NaN for an example of zeros`)
  } catch (error) {
    if (KdError.isInstance(error)) throw error
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error)
    throw new ShapeError(`${who} must take inputs ${shown} of ${clean.name}, got: ${reason.slice(0, 500)}`, {
      hint: 'for images with their channels first set layout: NCHW',
      cause: error,
    })
  } finally {
    inputs.dispose()
  }
}

function askedOnce(teacher: Teacher | Model, inputs: tf.Tensor): Outputs {
  const question = { view: 'clean', inputs, ids: Int32Array.of(0), split: 'train', features: [] } as const
  return tf.tidy(
    () =>
      ('answer' in teacher
        ? teacher.answer(question)
        : teacher.forward(inputs, { mode: 'eval', features: [] })) as never,
  )
}
