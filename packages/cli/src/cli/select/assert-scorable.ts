import { KdError, taskOf, type AnyDataset, type Dataset } from '@kd/core'
import type { Config } from '../../config/config-schema.js'
import { isAnswersOnly } from '../../config/answer-rules.js'
import { UsageError } from '../../config/usage-error.js'
import type { SelectionSettings } from './selection-settings.js'

/** Checks that there is a model to score with. */
export function assertScorable({ teachers, student }: Config, { model }: SelectionSettings): void {
  if (model === 'teacher' && teachers.length === 0)
    throw new UsageError('kd select must have a teacher to score with, got none', 'add one to teachers')
  if (model === 'teacher' && isAnswersOnly(teachers[0]!))
    throw new UsageError(
      'kd select must have a teacher whose last layer it can see, got kept answers',
      'name the teacher as well: its run, or its model with weights or training',
    )
  if (model === 'student' && student.weights === undefined)
    throw new UsageError(
      'kd select must have a trained student to score with, got no student.weights',
      'give the student.safetensors of a run, or score with the teacher: method.selection.model=teacher',
    )
}

/** Checks that there are the examples that a score is taken on. */
export function assertHeldOut({ name, validation }: AnyDataset, { score }: SelectionSettings): void {
  if (score === 'influence' && validation === undefined)
    throw new KdError(`kd select: influence must have a held-out split, ${name} has none`, {
      hint: 'set dataset.validation=0.1, or choose another score: method.selection.score=margin',
    })
}

/** Checks that the examples have classes, which scores and pictures show. */
export function assertClasses(dataset: AnyDataset): asserts dataset is Dataset {
  const { name } = taskOf(dataset)
  if (name !== 'classification')
    throw new KdError(`kd select: dataset must be one for classification, got ${dataset.name} for ${name}`)
}
