import type { Config, TeacherConfig } from '../config/config-schema.js'
import type { Explanation } from '../config/explain-issue.js'
import { makeMethod, type MethodFactory } from '../methods.js'
import { methodRun } from '../run/method-run.js'

/** Whether a teacher is there by its labels alone. */
export function isLabelsOnly({ labels, run, model }: TeacherConfig): boolean {
  return labels !== undefined && run === undefined && model === undefined
}

/**
 * What labels cannot do in a config: see augmented inputs, have features, be in train mode.
 *
 * @param config - that passed its schema
 * @param pluginMethods - of its plugin
 * @returns everything that is wrong, nothing where no teacher has labels
 */
export function labelProblems(
  config: Config,
  pluginMethods: Readonly<Record<string, MethodFactory>>,
): Explanation[] {
  const { dataset, teachers, teacherMode, method, training } = config
  const { augmentation } = dataset
  const problems = teachers.flatMap(({ labels, fixed }, index): Explanation[] => {
    if (labels === undefined) return []
    const found = (message: string): Explanation => ({
      path: ['teachers', index, 'labels'],
      aboutKey: true,
      message: `teachers.${index}.labels ${message}`,
    })
    if (augmentation?.mixup !== undefined)
      return [
        found(
          'are of single images: must have no dataset.augmentation.mixup beside them, or let the teacher run',
        ),
      ]
    if (augmentation !== undefined && fixed !== true) {
      return [
        found(
          'are of images as they are: must have no dataset.augmentation beside them, or let the teacher run, ' +
            'or say fixed: true if the label of an image shall do for all its augmentations (worse students: Beyer 2022)',
        ),
      ]
    }
    return teacherMode === 'train'
      ? [found('have no train mode: must have teacherMode eval, or let the teacher run')]
      : []
  })
  const labelled = teachers.findIndex(({ labels }) => labels !== undefined)
  if (labelled === -1 || method === undefined || training === undefined) return problems
  const { teacherFeatures = [] } = makeMethod(method, pluginMethods, methodRun(config)).requires ?? {}
  if (teacherFeatures.length === 0) return problems
  const message = `method reads features of its teachers (${teacherFeatures.join(', ')}), which labels have not: let teachers.${labelled} run`
  return [...problems, { path: ['method'], aboutKey: true, message }]
}
