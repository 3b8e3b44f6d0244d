import * as tf from '@tensorflow/tfjs-core'
import { assertDataset } from '../dataset/assert-dataset.js'
import type { AnyDataset } from '../dataset/dataset.js'
import { normalizedInputs } from '../dataset/normalized-inputs.js'
import { InvalidArgumentError, ShapeError } from '../errors.js'
import type { OutputShapes } from '../method/method.js'
import { allFeatures } from '../method/needs.js'
import { asModel } from '../model/layers-model.js'
import type { Model, ModelInput, Outputs } from '../model/model.js'
import { taskOf } from '../task/classification.js'
import type { Task } from '../task/task.js'
import { askTeacher, disposeOutputs, teacherTitle } from '../teacher/ask-teacher.js'
import { asTeacher } from '../teacher/as-teacher.js'
import type { Teacher } from '../teacher/teacher.js'
import { assertPositive } from '../assertions.js'
import { assertMethodFits, assertShows, needsValidation } from './check-method.js'
import { DEFAULT_BATCH_SIZE, type DistillationOptions } from './distillation-options.js'

/** The parts of a run, found to fit each other. */
export interface CheckedRun {
  readonly student: Model
  readonly teachers: readonly Teacher[]
  readonly task: Task
  readonly shapes: { readonly student: OutputShapes; readonly teachers: readonly OutputShapes[] }
}

/**
 * Checks what can be seen of the parts of a run before its method starts. Student and teachers are asked about one example.
 *
 * @param options - of `distill`
 * @returns what was found out on the way
 * @throws {@link InvalidArgumentError} or {@link ShapeError} that names what does not fit
 */
export async function checkParts(options: DistillationOptions<ModelInput>): Promise<CheckedRun> {
  const { dataset, method } = options
  assertDataset(dataset, 'distill')
  assertNumbers(options)
  const task = taskOf(dataset)
  const student = asModel(options.student, 'student')
  const teachers = (options.teachers ?? []).map(asTeacher)
  assertStudentFits(student, dataset, task)
  assertMethodFits(options, task, teachers)
  assertMonitor(options, task)
  assertNoBatchOfOne(student, options)
  if (student.variables.length === 0) {
    throw new InvalidArgumentError('distill: student must have trainable weights, got none')
  }
  const wanted = allFeatures(method.needs, teachers.length)
  assertShows(student, 'student', wanted.student)
  for (const [index, teacher] of teachers.entries()) {
    assertShows(teacher, teacherTitle(teacher, index), wanted.teachers[index]!)
  }
  const inputs = tf.tensor(normalizedInputs(dataset, dataset.train, [0]), [1, ...dataset.inputShape])
  try {
    const ofStudent = shapesOf(
      tf.tidy(() => ({ ...student.forward(inputs, { mode: 'eval', features: wanted.student }) })),
    )
    assertLogitsShape(ofStudent, task, dataset)
    const ofTeachers: OutputShapes[] = []
    for (const [index, teacher] of teachers.entries()) {
      const features = wanted.teachers[index]!
      const question = {
        view: 'clean',
        inputs,
        ids: dataset.train.ids.slice(0, 1),
        split: 'train' as const,
        features,
      }
      ofTeachers.push(shapesOf(await askTeacher(teacher, question, askOptions(options, task, index))))
    }
    return { student, teachers, task, shapes: { student: ofStudent, teachers: ofTeachers } }
  } finally {
    inputs.dispose()
  }
}

/** How a run asks its teachers. */
export function askOptions(
  { teacherTimeout, signal }: Pick<DistillationOptions, 'teacherTimeout' | 'signal'>,
  { outputShape }: Task,
  index: number,
): Parameters<typeof askTeacher>[2] {
  return { index, outputShape, timeout: teacherTimeout, signal }
}

/** Shapes without the batch axis; the outputs are freed. */
function shapesOf(outputs: Outputs): OutputShapes {
  const ofOne = ({ shape }: tf.Tensor): number[] => shape.slice(1)
  const shapes = {
    logits: ofOne(outputs.logits),
    features: Object.fromEntries(
      Object.entries(outputs.features).map(([name, feature]) => [name, ofOne(feature)]),
    ),
  }
  disposeOutputs(outputs)
  return shapes
}

function assertNumbers(options: DistillationOptions<ModelInput>): void {
  const {
    dataset,
    epochs,
    batchSize = DEFAULT_BATCH_SIZE,
    earlyStop,
    gradientClipping,
    teacherTimeout,
  } = options
  assertCount(epochs, 'epochs')
  assertCount(batchSize, 'batchSize')
  if (earlyStop !== undefined) {
    assertCount(earlyStop.patience, 'earlyStop.patience')
    if (dataset.validation === undefined) throw needsValidation('earlyStop')
  }
  if (gradientClipping !== undefined) {
    assertPositive(Object.values(gradientClipping)[0] as number, 'gradientClipping', 'distill')
  }
  if (teacherTimeout !== undefined) assertPositive(teacherTimeout, 'teacherTimeout', 'distill')
  const examples = dataset.train.ids.length
  if (batchSize > examples) {
    throw new InvalidArgumentError(
      `distill: batchSize must be at most the ${examples} training examples, got ${batchSize}`,
    )
  }
}

/** The variance of one example is 0: what a layer then gives says nothing of the example, and its averages are led to 0. */
function assertNoBatchOfOne(
  { normalizesExamples }: Model,
  { dataset, batchSize = DEFAULT_BATCH_SIZE }: DistillationOptions<ModelInput>,
): void {
  const examples = dataset.train.ids.length
  if (normalizesExamples === undefined || (batchSize > 1 && examples % batchSize !== 1)) return
  let other = batchSize + 1
  while (examples % other === 1) other += 1
  throw new InvalidArgumentError(
    `distill: batchSize must leave no batch of one example to the batch normalisation ${normalizesExamples}, got ${batchSize} for ${examples} examples`,
    { hint: `choose another batch size, such as ${other}` },
  )
}

function assertStudentFits({ inputShape, outputShape }: Model, dataset: AnyDataset, task: Task): void {
  const wanted = dataset.inputShape
  if (
    inputShape !== undefined &&
    (inputShape.length !== wanted.length ||
      inputShape.some((size, axis) => size !== null && size !== wanted[axis]))
  ) {
    throw new ShapeError(
      `distill: student must take the data set's inputs [N, ${wanted.join(', ')}], got [N, ${inputShape.join(', ')}]`,
    )
  }
  if (outputShape === undefined) return
  assertLogitsShape({ logits: outputShape as readonly number[] }, task, dataset)
}

function assertLogitsShape({ logits }: Pick<OutputShapes, 'logits'>, task: Task, dataset: AnyDataset): void {
  if (logits.join() === task.outputShape.join()) return
  const wanted = task.outputShape
  if (task.name === 'classification' && logits.length === 1) {
    throw new ShapeError(
      `distill: student must give one logit per class of ${dataset.name}, ${wanted[0]}, got ${logits[0]}`,
    )
  }
  throw new ShapeError(
    `distill: student must give logits [N, ${wanted.join(', ')}] for ${task.name} on ${dataset.name}, got [N, ${logits.join(', ')}]`,
  )
}

function assertMonitor({ monitor }: DistillationOptions<ModelInput>, { kinds, name }: Task): void {
  if (monitor === undefined || Object.hasOwn(kinds, monitor)) return
  throw new InvalidArgumentError(
    `distill: monitor must be a figure of ${name}, ${Object.keys(kinds).join(', ')}, got ${monitor}`,
  )
}

function assertCount(value: number, argument: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(`distill: ${argument} must be a whole number >= 1, got ${value}`)
  }
}
