import * as tf from '@tensorflow/tfjs-core'
import { KdError, ShapeError } from '../errors.js'
import type { Outputs } from '../model/model.js'
import { isPromise, type Question, type Teacher } from './teacher.js'

/** How a teacher is asked. */
export interface AskOptions {
  /** The number that errors call it by, from 0. */
  readonly index: number
  /** Shape of one example's logits. */
  readonly outputShape: readonly number[]
  /** Seconds that it may take for one answer; for ever without it. */
  readonly timeout?: number | undefined
  /** Ends the wait for an answer. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks a teacher, and checks what it says: as many rows as were asked about, logits of the right shape, the features that were
 * wanted, and finite numbers from those who compute elsewhere.
 *
 * @param teacher - any
 * @param question - about one batch
 * @param options - see {@link AskOptions}
 * @returns its outputs, which the caller disposes: at once from a teacher that answers at once
 * @throws {@link KdError} that names the teacher when it throws, is late or says something that is not finite, {@link ShapeError}
 * when a shape is wrong
 */
export function askTeacher(
  teacher: Teacher,
  question: Question,
  options: AskOptions,
): Outputs | Promise<Outputs> {
  const name = teacherTitle(teacher, options.index)
  let given: Outputs | Promise<Outputs>
  try {
    given = answerOnce(teacher, question)
  } catch (error) {
    throw answerFailed(name, error)
  }
  if (!isPromise(given)) return checkedAnswer(given, teacher, question, options)
  return inTime(given, name, options).then(
    (outputs) => checkedAnswer(outputs, teacher, question, options),
    (error: unknown) => {
      throw answerFailed(name, error)
    },
  )
}

/** What errors call a teacher: its number and, where it has a name of its own, that. */
export function teacherTitle({ name }: Teacher, index: number): string {
  return name === `teacher ${index}` || name === '' ? `teacher ${index}` : `teacher ${index} (${name})`
}

/** A teacher that answers at once leaves nothing behind but its answer. */
function answerOnce(teacher: Teacher, question: Question): Outputs | Promise<Outputs> {
  let later: Promise<Outputs> | undefined
  const now = tf.tidy(() => {
    const given = teacher.answer(question)
    if (isPromise(given)) {
      later = given
      return undefined as unknown as tf.TensorContainer
    }
    return ownOutputs(given, question) as unknown as tf.TensorContainer
  })
  return later ?? (now as unknown as Outputs)
}

/** The inputs are the asker's: a teacher that gives them back, or a variable, gives a copy. */
function ownOutputs({ logits, features }: Outputs, { inputs }: Question): Outputs {
  const own = (tensor: tf.Tensor): tf.Tensor =>
    tensor === inputs || tensor instanceof tf.Variable ? tf.clone(tensor) : tensor
  return {
    logits: own(logits),
    features: Object.fromEntries(Object.entries(features).map(([name, tensor]) => [name, own(tensor)])),
  }
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
  const { logits, features: given } = outputs as Partial<Outputs>
  if (!(logits instanceof tf.Tensor)) {
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
    throw new ShapeError(
      `distill: ${title} must give logits [N, ${outputShape.join(', ')}] like the data set's classes, got [${shape.join(', ')}]`,
      { hint: 'use a teacher trained on the same classes in the same order' },
    )
  }
  for (const name of features) {
    const feature = given?.[name]
    if (feature === undefined) {
      throw new ShapeError(
        `distill: ${title} must give the feature ${name}, got ${Object.keys(given ?? {}).join(', ') || 'none'}`,
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
  const index = values.findIndex((value) => !Number.isFinite(value))
  if (index === -1) return outputs
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

/** Waits no longer than is allowed; an answer that comes later is freed. */
async function inTime(
  answer: Promise<Outputs>,
  title: string,
  { timeout, signal }: AskOptions,
): Promise<Outputs> {
  if (timeout === undefined && signal === undefined) return answer
  let timer: ReturnType<typeof setTimeout> | undefined
  let stop: (() => void) | undefined
  const limits = new Promise<never>((_, reject) => {
    if (timeout !== undefined) {
      timer = setTimeout(() => {
        reject(
          new KdError(`distill: ${title} must answer within ${timeout} s, got no answer`, {
            hint: 'allow more time with teacherTimeout, or look whether it is still there',
          }),
        )
      }, 1000 * timeout)
    }
    stop = () => {
      reject(new KdError(`distill: ${title} must answer before the run is ended, got no answer`))
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
  let isOver = false
  void answer.then(
    (outputs) => {
      if (isOver) disposeOutputs(outputs)
    },
    () => undefined,
  )
  try {
    return await Promise.race([answer, limits])
  } finally {
    isOver = true
    clearTimeout(timer)
    if (stop !== undefined) signal?.removeEventListener('abort', stop)
  }
}
