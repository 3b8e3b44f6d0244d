import * as tf from '@tensorflow/tfjs-core'
import { KdError, ShapeError } from '../errors.js'
import type { Outputs } from '../model/model.js'
import { isPromise, type Question, type Teacher } from './teacher.js'
import { tidyAtOnce } from './tidy-at-once.js'

/** How a teacher is asked. */
export interface AskOptions {
  /** The number that errors call it by, from 0. */
  readonly index: number
  /** Shape of one example's logits. */
  readonly outputShape: readonly number[]
  /** Seconds that it may take for one answer. Without it there is no limit. */
  readonly timeout?: number | undefined
  /** Ends the wait for an answer with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks a teacher and checks its answer: as many rows as were asked about, logits of the right shape and the features that were
 * wanted. The logits of a teacher that is not a model of ours must be finite too.
 *
 * @param teacher - any teacher
 * @param question - about one batch
 * @param options - see {@link AskOptions}
 * @returns its outputs, which the caller disposes. A model and kept answers give them at once, any other teacher gives a promise
 * @throws {@link KdError} that names the teacher when it throws, is late or gives logits that are not finite
 * @throws {@link ShapeError} that names the teacher when a shape is wrong
 * @throws the reason of the signal when the wait was ended
 */
export function askTeacher(
  teacher: Teacher,
  question: Question,
  options: AskOptions,
): Outputs | Promise<Outputs> {
  const title = teacherTitle(teacher, options.index)
  let given: Outputs | Promise<Outputs>
  try {
    given = tidyAtOnce(() => {
      const answer = teacher.answer(question)
      return isPromise(answer) ? answer : ownOutputs(answer, question)
    })
  } catch (error) {
    throw answerFailed(title, error)
  }
  return isPromise(given)
    ? answerLater(given, teacher, question, options)
    : checkedAnswer(given, teacher, question, options)
}

async function answerLater(
  answer: Promise<Outputs>,
  teacher: Teacher,
  question: Question,
  options: AskOptions,
): Promise<Outputs> {
  const title = teacherTitle(teacher, options.index)
  const failing = answer.catch((error: unknown) => {
    throw answerFailed(title, error)
  })
  const outputs = ownOutputs(await inTime(failing, title, question, options), question)
  return checkedAnswer(outputs, teacher, question, options)
}

/** What errors call a teacher: its number and, where it has a name of its own, that. */
export function teacherTitle({ name }: Teacher, index: number): string {
  return name === `teacher ${index}` || name === '' ? `teacher ${index}` : `teacher ${index} (${name})`
}

/** The asker disposes an answer, but neither its inputs nor a variable: where a teacher gives those, a copy takes their place. */
function ownOutputs(outputs: Partial<Outputs> | undefined, question: Question): Outputs {
  const own = (tensor: tf.Tensor): tf.Tensor =>
    belongsToOthers(tensor, question) ? tf.clone(tensor) : tensor
  const { logits, features = {} } = outputs ?? {}
  return {
    logits: own(logits!),
    features: Object.fromEntries(Object.entries(features).map(([name, tensor]) => [name, own(tensor)])),
  }
}

function belongsToOthers(tensor: tf.Tensor, { inputs }: Question): boolean {
  return tensor === inputs || tensor instanceof tf.Variable
}

function checkedAnswer(
  outputs: Outputs,
  teacher: Teacher,
  question: Question,
  options: AskOptions,
): Outputs | Promise<Outputs> {
  try {
    assertForm(outputs, question, teacherTitle(teacher, options.index), options.outputShape)
  } catch (error) {
    disposeOutputs(outputs)
    throw error
  }
  // A model's numbers are looked at where its loss is: reading them here would make a GPU wait at every step.
  return teacher.model === undefined && teacher.kept === undefined
    ? finiteAnswer(outputs, question, teacherTitle(teacher, options.index))
    : outputs
}

function assertForm(
  outputs: Outputs,
  { ids, features }: Question,
  title: string,
  outputShape: readonly number[],
): void {
  const { logits, features: given } = outputs
  if (!((logits as unknown) instanceof tf.Tensor)) {
    throw new ShapeError(`distill: ${title} must give logits as a tensor, got ${typeof logits}`)
  }
  const wanted = [ids.length, ...outputShape]
  const { shape } = logits
  if (shape.length > 0 && shape[0] !== ids.length && shape.slice(1).join() === outputShape.join()) {
    throw new ShapeError(
      `distill: ${title} must give one row for each of ${ids.length} examples, got ${shape[0]}`,
    )
  }
  if (shape.join() !== wanted.join()) {
    const found = shape.map((size, axis) => (axis === 0 && size === ids.length ? 'N' : size))
    throw new ShapeError(
      `distill: ${title} must give logits [N, ${outputShape.join(', ')}] like the data set's classes, got [${found.join(', ')}]`,
      { hint: 'use a teacher trained on the same classes in the same order' },
    )
  }
  for (const name of features) {
    const feature = given[name]
    if (feature === undefined) {
      throw new ShapeError(
        `distill: ${title} must give the feature ${name}, got ${Object.keys(given).join(', ') || 'none'}`,
      )
    }
    if (feature.shape[0] === ids.length) continue
    throw new ShapeError(
      `distill: ${title} must give the feature ${name} with one row for each of ${ids.length} examples, got [${feature.shape.join(', ')}]`,
    )
  }
}

async function finiteAnswer(outputs: Outputs, { ids }: Question, title: string): Promise<Outputs> {
  const values = await outputs.logits.data()
  // A loop, for a callback per value takes a tenth of a small step's time.
  let index = 0
  while (index < values.length && Number.isFinite(values[index]!)) index++
  if (index === values.length) return outputs
  disposeOutputs(outputs)
  const id = ids[Math.floor((index * ids.length) / values.length)]
  throw new KdError(
    `distill: ${title} must give finite logits, got ${values[index]} for the example with id ${id}`,
  )
}

/** Frees an answer. */
export function disposeOutputs({ logits, features }: Outputs): void {
  tf.dispose([logits, ...Object.values(features)])
}

function answerFailed(title: string, error: unknown): KdError {
  if (KdError.isInstance(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new KdError(`distill: ${title} must answer, got an error: ${reason}`, { cause: error })
}

function freeLate({ logits, features }: Outputs, question: Question): void {
  tf.dispose([logits, ...Object.values(features)].filter((tensor) => !belongsToOthers(tensor, question)))
}

/** Waits no longer than is allowed. An answer that comes after that is freed. */
async function inTime(
  answer: Promise<Outputs>,
  title: string,
  question: Question,
  { timeout, signal }: AskOptions,
): Promise<Outputs> {
  if (timeout === undefined && signal === undefined) return answer
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (finish: () => void): void => {
      isOver = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      finish()
    }
    const stop = (): void => {
      end(() => {
        reject(signal!.reason as Error)
      })
    }
    const late = (): void => {
      const error = new KdError(`distill: ${title} must answer within ${timeout} s, got no answer`, {
        hint: 'allow more time with teacherTimeout, or look whether it is still there',
      })
      end(() => {
        reject(error)
      })
    }
    const timer = timeout === undefined ? undefined : setTimeout(late, 1000 * timeout)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted === true) stop()
    answer.then(
      (outputs) => {
        if (!isOver) {
          end(() => {
            resolve(outputs)
          })
        } else {
          freeLate(outputs, question)
        }
      },
      (error: unknown) => {
        end(() => {
          reject(answerFailed(title, error))
        })
      },
    )
  })
}
