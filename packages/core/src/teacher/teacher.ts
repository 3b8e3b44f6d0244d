import type * as tf from '@tensorflow/tfjs-core'
import type { Split } from '../dataset/dataset.js'
import type { Mode, Model, Outputs } from '../model/model.js'

/** What a teacher is asked about a batch. */
export interface Question {
  /** The form of the inputs: `'clean'`, or the name of a further one that the method makes. */
  readonly view: string
  /** [N, ...inputShape] normalised. A teacher does not dispose them. */
  readonly inputs: tf.Tensor
  /** [N] `Examples.ids`. */
  readonly ids: Int32Array
  readonly split: Split
  /** Names of the features that are wanted. */
  readonly features: readonly string[]
  /**
   * The mode in which a model runs.
   * @defaultValue 'eval'
   */
  readonly mode?: Mode
}

/**
 * Answers questions about a batch, at once or later: a model that runs here, another runtime, a server, or answers that were kept.
 */
export interface Teacher {
  /** The name for messages. */
  readonly name: string
  /** Names of the features that it can give. They are undefined if they are not known before it is asked. */
  readonly features: readonly string[] | undefined
  /**
   * Gives logits and the wanted features. The caller disposes them. It runs inside a tidy, unless it returns a promise: then it disposes its
   * intermediate tensors itself.
   */
  answer(question: Question): Outputs | Promise<Outputs>
  /** The model, if it runs here. Only such a teacher can learn or run in another mode than `'eval'`. */
  readonly model?: Model
  /** This is set if its answers were kept by id: `'any'` if an answer holds for all forms of an example's input, `'clean'` if for the clean one alone. */
  readonly kept?: 'clean' | 'any'
  /** Frees what it holds. A run does not call it: a teacher may serve another one. */
  dispose?(): void
}

/** A function from normalised inputs [N, ...inputShape] to logits [N, C], at once or later. */
export type TeacherFunction = (inputs: tf.Tensor, question: Question) => tf.Tensor | Promise<tf.Tensor>

/**
 * Makes a teacher of a function: a graph model, another runtime, several models at once. It has no features and cannot learn.
 *
 * @param answer - from inputs to logits; it may return a promise
 * @param name - for messages
 * @returns the teacher
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { functionTeacher } from '@kd/core'
 *
 * const teacher = functionTeacher(async (inputs) => tf.neg(inputs), 'the other side')
 * console.log(teacher.name) // the other side
 * ```
 */
export function functionTeacher(answer: TeacherFunction, name = 'a function'): Teacher {
  return {
    name,
    features: [],
    answer(question) {
      const logits = answer(question.inputs, question)
      return logits instanceof Promise || isPromise(logits)
        ? Promise.resolve(logits).then((value) => ({ logits: value, features: {} }))
        : { logits, features: {} }
    },
  }
}

/**
 * Makes a teacher of a model that runs here.
 *
 * @param model - its features are the teacher's
 * @returns the teacher
 */
export function modelTeacher(model: Model): Teacher {
  return {
    name: model.name,
    features: model.features,
    answer: ({ inputs, features, mode = 'eval' }) => model.forward(inputs, { mode, features }),
    model,
  }
}

/** Tells whether a value is a promise. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | undefined)?.then === 'function'
}
