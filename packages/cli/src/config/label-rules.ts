import type { DistillationMethod } from '@kd/core'
import type { Config, TeacherConfig } from './config-schema.js'
import type { Explanation } from './explain-issue.js'
import { UsageError } from './usage-error.js'

/** Whether a teacher is there by its labels alone. */
export function isLabelsOnly({ labels, run, model }: TeacherConfig): boolean {
  return labels !== undefined && run === undefined && model === undefined
}

/**
 * What labels cannot do in a config: see augmented inputs, have features, be in train mode.
 *
 * @param config - that passed its schema
 * @returns everything that is wrong, nothing where no teacher has labels
 */
export function labelProblems({ dataset, teachers, teacherMode, method }: Config): Explanation[] {
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
          'are of images as they are: must have no dataset.augmentation beside them, or say fixed: true where the label of an ' +
            'image shall do for all its augmentations, which makes worse students (Beyer 2022)',
        ),
      ]
    }
    return teacherMode === 'train'
      ? [found('have no train mode: must have teacherMode eval, or let the teacher run')]
      : []
  })
  const labelled = teachers.findIndex(({ labels }) => labels !== undefined)
  // Other methods say what they read when they are made, which needs an engine: see `assertLabelsDo`.
  const { selection } = (method ?? {}) as { selection?: { model?: string } }
  if (labelled === -1 || selection?.model !== 'teacher') return problems
  const message = featuresMessage(labelled, 'method.selection scores the last layer of the teacher')
  return [...problems, { path: ['method', 'selection'], aboutKey: true, message }]
}

/**
 * Checks that a method reads no more of its teachers than labels have.
 *
 * @param config - that passed its schema
 * @param method - made for it
 * @throws {@link UsageError} naming the teacher
 */
export function assertLabelsDo({ teachers }: Config, { name, requires }: DistillationMethod): void {
  const labelled = teachers.findIndex(({ labels }) => labels !== undefined)
  const features = [...(requires?.teacherFeatures ?? []), ...(requires?.passes?.teacherFeatures ?? [])]
  if (labelled === -1 || features.length === 0) return
  const what = `${name} reads features of its teachers (${features.join(', ')})`
  throw new UsageError(featuresMessage(labelled, what))
}

function featuresMessage(index: number, what: string): string {
  return `${what}, which labels do not have: must have no teachers.${index}.labels, but let that teacher run`
}
