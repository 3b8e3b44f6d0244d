import { defineMethod, type MethodFactory } from './define-method.js'

/**
 * Training without a teacher: the task's loss to the labels, for classification their cross-entropy. The baseline of every
 * comparison. Its one part is `label`.
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no options
export const labelLoss: MethodFactory<Record<never, never>> = defineMethod({
  name: 'label-loss',
  summary: 'no teacher: the loss to the labels, for classes their cross-entropy',
  options: {},
  needs: { tasks: 'any' },
  loss: ({ task, studentLogits, labels }) => ({ label: task.labelLoss(studentLogits, labels) }),
})
