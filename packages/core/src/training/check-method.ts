import type { ModelInput } from '../model/model.js'
import { InvalidArgumentError } from '../errors.js'
import type { Task } from '../task/task.js'
import { teacherTitle } from '../teacher/ask-teacher.js'
import type { Teacher } from '../teacher/teacher.js'
import type { DistillationOptions } from './distillation-options.js'

/**
 * Checks that data set, batches and teachers have what the method needs.
 *
 * @param options - of `distill`
 * @param task - what the data set is learned for
 * @param teachers - in their number's order
 * @throws {@link InvalidArgumentError} that names what is missing
 */
export function assertMethodFits(
  { dataset, method, teacherMode = 'eval', batches }: DistillationOptions<ModelInput>,
  task: Task,
  teachers: readonly Teacher[],
): void {
  const { needs, name } = method
  const { tasks = ['classification'], validation = false, learningTeachers = [] } = needs
  if (tasks !== 'any' && !tasks.includes(task.name)) {
    throw new InvalidArgumentError(
      `distill: method must be one for the task ${task.name}, got ${name}, which is for ${tasks.join(', ') || 'none'}`,
    )
  }
  const wanted = needs.teachers === 'all' ? 1 : (needs.teachers ?? 0)
  if (teachers.length < wanted) {
    throw new InvalidArgumentError(
      `distill: teachers must be at least ${wanted} for ${name}, got ${teachers.length}`,
    )
  }
  if (tasks === 'any' && wanted > 0 && task.divergence === undefined) {
    throw new InvalidArgumentError(
      `distill: task must have a divergence for ${name}, got ${task.name}, which has none`,
    )
  }
  if (validation && dataset.validation === undefined) throw needsValidation(name)
  for (const [index, teacher] of teachers.entries()) {
    if (teacher.model !== undefined) continue
    if (teacherMode !== 'eval' || learningTeachers.includes(index)) {
      const why = teacherMode === 'eval' ? `to learn with ${name}` : `for teacherMode ${teacherMode}`
      throw new InvalidArgumentError(
        `distill: ${teacherTitle(teacher, index)} must be a model that runs here ${why}, got one that is not`,
      )
    }
  }
  const unseen = learningTeachers.find((index) => index >= teachers.length)
  if (unseen !== undefined) {
    throw new InvalidArgumentError(
      `distill: teachers must be at least ${unseen + 1} for ${name}, got ${teachers.length}`,
    )
  }
  if (batches?.augments === true) assertSeesAugmented(teachers)
  const other = Object.entries(needs.views ?? {}).find(([, view]) => view.teachers !== false)
  const blind = teachers.findIndex(({ kept }) => kept === 'clean')
  if (other !== undefined && blind !== -1) {
    throw new InvalidArgumentError(
      `distill: ${teacherTitle(teachers[blind]!, blind)} must see ${other[0]} inputs for ${name}, got answers that were kept for the inputs as they are`,
      { hint: 'let the teacher run' },
    )
  }
}

/**
 * Checks that a student or teacher can give the features that the method reads. A teacher that does not know its features before it is
 * asked is checked by its first answer.
 *
 * @param shown - with the names of all features
 * @param title - what errors call it
 * @param wanted - names of the features to be read
 * @throws {@link InvalidArgumentError} that names the missing ones
 */
export function assertShows(
  { features: shown }: Pick<Teacher, 'features'>,
  title: string,
  wanted: readonly string[],
): void {
  const missing = shown === undefined ? [] : wanted.filter((feature) => !shown.includes(feature))
  if (missing.length === 0) return
  throw new InvalidArgumentError(
    `distill: ${title} must have the layer asked for, got ${missing.join(', ')}`,
    {
      hint:
        shown!.length === 0
          ? 'it shows no features: use a model that runs here'
          : `its layers: ${shown!.join(', ')}`,
    },
  )
}

function assertSeesAugmented(teachers: readonly Teacher[]): void {
  const blind = teachers.findIndex(({ kept }) => kept === 'clean')
  if (blind === -1) return
  throw new InvalidArgumentError(
    `distill: batches must not augment inputs under teacher ${blind}, whose answers were kept for the inputs as they are`,
    {
      hint: 'let the teacher run, or set fixed where one answer per example shall do for all its augmentations',
    },
  )
}

/**
 * Makes the error of a data set without a validation split.
 *
 * @param what - needs one
 * @returns the error
 */
export function needsValidation(what: string): InvalidArgumentError {
  return new InvalidArgumentError(`distill: dataset must have a validation split for ${what}, got none`, {
    hint: 'hold one out with splitDataset of @kd/datasets',
  })
}
