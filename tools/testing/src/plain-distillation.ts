import { crossEntropy, defineMethod, klDivergence, type MethodFactory } from '@kd/core'

/** Distillation at its plainest, for tests of what stands around a method: cross-entropy to the labels, KL divergence at temperature 2 to the teacher. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no options
export const plainDistillation: MethodFactory<Record<never, never>> = defineMethod({
  name: 'plain',
  summary: 'labels and one teacher',
  options: {},
  needs: { teachers: 1 },
  loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }) => ({
    label: crossEntropy(studentLogits, labels),
    teacher: klDivergence(teacherLogits!, studentLogits, 2),
  }),
})
