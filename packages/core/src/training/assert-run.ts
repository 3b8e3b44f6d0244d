import { InvalidArgumentError } from '../errors/invalid-argument-error.js'
import { ShapeError } from '../errors/shape-error.js'
import { passFeatures } from '../method/pass-features.js'
import { assertPositive } from '../validation/assert-positive.js'
import type { DistillationOptions } from './distillation-options.js'
import { isStored } from './teacher.js'

/**
 * Checks that the parts of a run fit each other, before anything is computed.
 *
 * @param options - of `distill`
 * @throws {@link InvalidArgumentError} or {@link ShapeError} that names what does not fit
 */
export function assertRun(options: DistillationOptions): void {
  const { dataset, epochs, batchSize = 64, student, earlyStop } = options
  assertCount(epochs, 'epochs')
  assertCount(batchSize, 'batchSize')
  if (earlyStop !== undefined) assertCount(earlyStop.patience, 'earlyStop.patience')
  if (options.gradientClipping !== undefined) {
    assertPositive(Object.values(options.gradientClipping)[0] as number, 'gradientClipping', 'distill')
  }
  const examples = dataset.train.labels.length
  if (batchSize > examples) {
    throw new InvalidArgumentError(
      `distill: batchSize must be at most the ${examples} training examples, got ${batchSize}`,
    )
  }
  assertStudentFits(options)
  assertMethodFits(options)
  if (earlyStop !== undefined && dataset.validation === undefined) {
    throw needsValidation('earlyStop')
  }
  if (student.trainableWeights.length === 0) {
    throw new InvalidArgumentError('distill: student must have trainable weights, got none')
  }
}

function assertStudentFits({ dataset, student }: DistillationOptions): void {
  const wanted = [...dataset.inputShape]
  const found = student.inputs[0]!.shape.slice(1)
  if (found.length !== wanted.length || found.some((size, axis) => size !== null && size !== wanted[axis])) {
    throw new ShapeError(
      `distill: student must take the data set's inputs [N, ${wanted.join(', ')}], got [N, ${found.join(', ')}]`,
    )
  }
  const classes = student.outputs[0]!.shape.at(-1)
  if (classes !== dataset.classNames.length) {
    throw new ShapeError(
      `distill: student must give one logit per class of ${dataset.name}, ${dataset.classNames.length}, got ${classes}`,
    )
  }
}

function assertMethodFits({
  dataset,
  method,
  teachers = [],
  teacherMode = 'eval',
}: DistillationOptions): void {
  const { teachers: wanted = 0, validation = false } = method.requires ?? {}
  if (teachers.length < wanted) {
    throw new InvalidArgumentError(
      `distill: teachers must be at least ${wanted} for ${method.name}, got ${teachers.length}`,
    )
  }
  if (validation && dataset.validation === undefined) throw needsValidation(method.name)
  const other = teachers.find((teacher) => typeof teacher === 'function' || isStored(teacher))
  const { teacherFeatures } = passFeatures(method.requires)
  if (other !== undefined && (teacherFeatures.length > 0 || teacherMode === 'train')) {
    const found = isStored(other) ? 'stored logits' : 'a function'
    throw new InvalidArgumentError(
      `distill: teachers must be layers models for features or teacherMode train, got ${found}`,
    )
  }
}

function needsValidation(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`distill: dataset must have a validation split for ${what}, got none`, {
    hint: 'hold one out with splitDataset of @kd/datasets',
  })
}

function assertCount(value: number, argument: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(`distill: ${argument} must be a whole number >= 1, got ${value}`)
  }
}
