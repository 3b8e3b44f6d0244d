import type { Config, TeacherConfig } from './config-schema.js'
import type { Explanation } from './explain-issue.js'

/** Tells whether a teacher is given by its kept answers alone. */
export function isAnswersOnly({ answers, logits, run, model, teacher, onnx }: TeacherConfig): boolean {
  if (logits !== undefined) return true
  return answers !== undefined && [run, model, teacher, onnx].every((way) => way === undefined)
}

/**
 * What kept answers cannot do in a config: see augmented inputs, be in train mode.
 *
 * @param config - that passed its schema
 * @returns everything that is wrong, nothing where no teacher has kept answers
 */
export function answerProblems({ dataset, teachers, teacherMode }: Config): Explanation[] {
  const { augmentation } = dataset
  return teachers.flatMap(({ answers, logits, fixed }, index): Explanation[] => {
    if (answers === undefined && logits === undefined) return []
    const key = answers === undefined ? 'logits' : 'answers'
    const found = (message: string): Explanation => ({
      path: ['teachers', index, key],
      aboutKey: true,
      message: `teachers.${index}.${key} ${message}`,
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
          'are of images as they are: must have no dataset.augmentation beside them, or say fixed: true where the answer to an ' +
            'image shall do for all its augmentations, which makes worse students (Beyer 2022)',
        ),
      ]
    }
    return teacherMode === 'eval'
      ? []
      : [found(`have no ${teacherMode} mode: must have teacherMode eval, or let the teacher run`)]
  })
}
