import * as tf from '@tensorflow/tfjs-core'
import { assertSameShape, defineWrapper, delegate, unitedNeeds } from '@kd/core'
import type { EpochContext, Method, OptionsOutput, Phase, RunningMethod, Step } from '@kd/core'
import { movedProbability } from '../terms/moved-probability.js'
import { readExamples } from '../terms/read-examples.js'
import { reviseTeacherLogits, teacherRevisionOptions } from '../terms/revise-teacher-logits.js'

/**
 * Any method on revised labels: hands it the teachers' logits after Label Revision.
 *
 * Give the temperature at which the method reads the teacher, so that it sees exactly the revised soft labels; see
 * {@link reviseTeacherLogits} for what holds at other temperatures. Everything that the method computes from the teacher
 * follows: the weight of Weighted Soft Labels, for instance, compares the student with the revised teacher at
 * temperature 1, because that is the teacher whom it is about to hear.
 *
 * Two things stay as they are: further views of the inputs, whose labels need not be those of the examples (mixed inputs, for instance),
 * and the phases in which a teacher itself learns.
 *
 * By example it gives `movedProbability`, the probability that revision moves to other classes, 0 where the soft label stays as it is;
 * of several teachers the mean.
 *
 * @param method - what to do with the revised teacher, such as `weightedSoftLabels()`
 * @param options - see {@link TeacherRevisionOptions}
 * @returns the combined method, named `revised-` and the method's name
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { weightedSoftLabels, withRevisedTeacher } from '@kd/losses'
 *
 * const method = withRevisedTeacher(weightedSoftLabels({ temperature: 4 }), { eta: 0.8, temperature: 4 })
 * console.log(method.name) // revised-weighted-soft-labels
 * ```
 *
 * @see {@link labelRevision} for the method of the paper. That other methods can hear a revised teacher is our addition.
 */
export const withRevisedTeacher = defineWrapper({
  name: 'revised-teacher',
  functionName: 'withRevisedTeacher',
  summary: 'correct the teacher where it is wrong before the method reads it (after Lan 2024)',
  source:
    'Lan et al.: Improve Knowledge Distillation via Label Revision and Data Selection, arXiv 2404.03693; around other methods it is ours',
  options: teacherRevisionOptions,
  wrap: (method, options): Method => ({
    name: `revised-${method.name}`,
    needs: unitedNeeds(method.needs, { exampleOutputs: true }),
    start: (run) => onRevisedTeachers(method.start(run), options),
  }),
})

type Options = OptionsOutput<typeof teacherRevisionOptions>

function onRevisedTeachers(inner: RunningMethod, options: Options): RunningMethod {
  const revise = <Seen extends Step>(step: Seen): Seen => ({
    ...step,
    teacherLogits: step.teacherLogits.map((teacherLogits) => {
      assertSameShape({ teacherLogits, studentLogits: step.studentLogits }, 'withRevisedTeacher')
      return reviseTeacherLogits(teacherLogits, step.labels, options)
    }),
  })
  /** Disposes the revised logits afterwards, for what does not run inside a tidy. */
  const whileRevised = async <Result>(
    step: Step,
    use: (revised: Step) => Result | Promise<Result>,
  ): Promise<Result> => {
    const revised = revise(step)
    try {
      return await use(revised)
    } finally {
      tf.dispose([...revised.teacherLogits])
    }
  }
  const ofPhase = (phase: Phase): Phase =>
    typeof phase.learner === 'number' ? phase : { ...phase, loss: (step) => phase.loss(revise(step)) }
  const ofEpoch = (context: EpochContext): EpochContext => ({
    ...context,
    forEachBatch: (split, visit, pass) =>
      context.forEachBatch(split, (batch) => whileRevised(batch, visit), pass),
  })
  return delegate(inner, {
    phases: inner.phases.map(ofPhase),
    ...(inner.afterStep && {
      afterStep: (step: Step) => {
        inner.afterStep!(revise(step))
      },
    }),
    ...(inner.beforeEpoch && {
      beforeEpoch: (context: EpochContext) => inner.beforeEpoch!(ofEpoch(context)),
    }),
    async examples(ids, step) {
      if (step === undefined) return (await inner.examples?.(ids)) ?? {}
      const own = await whileRevised(step, (revised) => inner.examples?.(ids, revised) ?? {})
      if (step.teacherLogits.length === 0) return own
      return { ...own, movedProbability: await readExamples(() => meanMoved(step, options)) }
    },
  })
}

function meanMoved({ teacherLogits: teachers, labels }: Step, options: Options): tf.Tensor1D {
  const moved = teachers.map((teacherLogits) => movedProbability(teacherLogits, labels, options))
  return tf.mean(tf.stack(moved), 0)
}
