import * as tf from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors/invalid-argument-error.js'
import { ShapeError } from '../errors/shape-error.js'
import type { StoredTeacher } from './teacher.js'
import type { TeacherPredictor } from './teacher-predictor.js'

/**
 * Lets stored logits answer like a model.
 *
 * @param teacher - of stored logits
 * @param role - how errors call it
 * @returns a function that looks rows up
 */
export function storedPredictor(teacher: StoredTeacher, role: string): TeacherPredictor['predict'] {
  return (_, { split, ids, mixup }) => {
    if (mixup !== undefined) {
      throw new InvalidArgumentError(
        `distill: batches must not mix inputs under ${role}, whose logits are stored for single examples`,
        { hint: 'leave mixup out, or let the teacher run' },
      )
    }
    const values = teacher.storedLogits(split, ids)
    const classes = values.length / ids.length
    if (!Number.isInteger(classes)) {
      throw new ShapeError(
        `distill: ${role} must have logits [${ids.length}, C] stored for ${ids.length} examples, got ${values.length} values`,
      )
    }
    return { logits: tf.tensor2d(values, [ids.length, classes]), features: {} }
  }
}
