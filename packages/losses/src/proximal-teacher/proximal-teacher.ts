import * as tf from '@tensorflow/tfjs-core'
import {
  crossEntropy,
  defineMethod,
  flag,
  fraction,
  klDivergence,
  positive,
  ShapeError,
  weight,
  type OptionsOf,
  type Phase,
} from '@kd/core'

/**
 * ProKT: the teacher learns with its student, held near to what the student can follow, and the student imitates it alone.
 *
 *     teacher's step:  (1 - pull) * CE(teacher_i, label_i) + pull * KL(student_i || teacher_i)
 *     student's step:  KL(teacher_i || student_i), the teacher asked again after its step
 *
 * The student that the teacher is compared with runs as in use, without dropout, and so does the teacher that the student imitates.
 * There is no temperature and no label for the student: adding one changes the method. With `dual` the fixed pull gives way to a
 * multiplier that is learned so that KL(student || teacher) stays at `allowance`:
 *
 *     teacher's step:  CE(teacher_i, label_i) + multiplier * (KL(student_i || teacher_i) - allowance)
 *     after it:        multiplier <- max(0, multiplier + multiplierLearningRate * (mean KL of this step - allowance)),   1 at first
 *
 * The teacher must be a model that runs here, and stays changed after the run. Parts: `teacher/label`, `teacher/pull`, `teacher`.
 *
 * @param options - see {@link ProximalTeacherOptions}
 * @returns a method for one teacher that learns
 * @throws {@link InvalidArgumentError} when an option is out of range
 *
 * @example
 * ```ts
 * import { proximalTeacher } from '@kd/losses'
 *
 * console.log(proximalTeacher({ pull: 0.4 }).needs.learningTeachers) // [ 0 ]
 * ```
 *
 * @see Shi et al.: Follow Your Path: a Progressive Method for Knowledge Distillation, ECML-PKDD 2021, arXiv 2107.09305; form, order of the
 * steps and the dual form after the authors' code for text, https://github.com/wxsh1213/prokt_text, where the pull is called
 * move_back_weight and is 0.4 for BERT to BERT. Their recipe for images was not found; the learning rate of the teacher is our choice.
 */
export const proximalTeacher = defineMethod({
  name: 'proximal-teacher',
  summary: 'a teacher that learns with its student and stays within its reach (ProKT 2021)',
  source:
    'Shi et al.: Follow Your Path: a Progressive Method for Knowledge Distillation, ECML-PKDD 2021, arXiv 2107.09305',
  options: {
    pull: fraction(0.4, 'how much the teacher is pulled to its student; 0: it learns from labels alone', {
      below: true,
    }),
    teacherLearningRate: positive(0.01, "learning rate of the teacher's step"),
    dual: flag(false, 'whether the pull is learned, so that student and teacher stay an allowance apart'),
    allowance: weight(1, 'nats that student and teacher may be apart, with dual'),
    multiplierLearningRate: positive(0.001, 'how fast the learned pull changes, with dual'),
  },
  needs: { teachers: 1, learningTeachers: [0] },
  start(_, { pull, teacherLearningRate, dual, allowance, multiplierLearningRate }) {
    const student: Phase = {
      learner: 'student',
      loss: ({ studentLogits, teacherLogits: [teacherLogits] }) => ({
        teacher: klDivergence(teacherLogits!, studentLogits),
      }),
    }
    if (!dual) {
      const teacher: Phase = {
        learner: 0,
        name: 'teacher',
        learningRate: teacherLearningRate,
        loss: ({ studentLogits, teacherLogits: [teacherLogits], labels }) => ({
          label: tf.mul(1 - pull, crossEntropy(teacherLogits!, labels)),
          pull: tf.mul(pull, klDivergence(studentLogits, teacherLogits!)),
        }),
      }
      return { phases: [teacher, student] }
    }
    let multiplier = tf.keep(tf.scalar(1))
    let divergence: tf.Scalar | undefined
    const replace = (next: tf.Scalar): void => {
      multiplier.dispose()
      multiplier = tf.keep(next)
    }
    const teacher: Phase = {
      learner: 0,
      name: 'teacher',
      learningRate: teacherLearningRate,
      loss({ studentLogits, teacherLogits: [teacherLogits], labels }) {
        const apart = klDivergence(studentLogits, teacherLogits!)
        divergence?.dispose()
        divergence = tf.keep(tf.mean<tf.Scalar>(apart))
        return {
          label: crossEntropy(teacherLogits!, labels),
          pull: tf.mul(multiplier, tf.sub(apart, allowance)),
        }
      },
    }
    return {
      phases: [teacher, student],
      afterStep() {
        replace(tf.relu(tf.add(multiplier, tf.mul(multiplierLearningRate, tf.sub(divergence!, allowance)))))
        divergence!.dispose()
        divergence = undefined
      },
      save: () => ({ multiplier: tf.clone(multiplier) }),
      load({ multiplier: saved }) {
        if (saved?.size !== 1) {
          throw new ShapeError(
            `proximalTeacher: state must have a scalar multiplier, got ${saved === undefined ? 'none' : `[${saved.shape.join(', ')}]`}`,
          )
        }
        replace(tf.reshape(saved, []))
      },
      dispose() {
        tf.dispose([multiplier, ...(divergence === undefined ? [] : [divergence])])
      },
    }
  },
})

/** Options of {@link proximalTeacher}. */
export type ProximalTeacherOptions = OptionsOf<typeof proximalTeacher>
