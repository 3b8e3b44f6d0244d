import { KdError } from '@kd/core'
import { countMultiplyAdds } from '@kd/models'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { modelName } from '../config/model-schema.js'
import type { OnRunProgress } from './log/run-progress.js'
import { measureLatency, type Latency } from './model/measure-latency.js'
import type { OpenStudent } from './open-student.js'
import { modelOf } from './training/changed-model.js'
import { disposeTeachers, openTeacher } from './training/open-teachers.js'

/** What a model costs whoever runs it. */
export interface ModelCost {
  /** `student`, or `teacher 1` and so on. */
  readonly role: string
  readonly model: string
  readonly parameters: number
  /** Of the weights in float32. */
  readonly bytes: number
  /** For one example; absent where a layer is not of a kind that can be counted. */
  readonly multiplyAdds?: number
  /** On the engine in use, one entry for each batch size. */
  readonly latency: readonly Latency[]
}

/**
 * Measures what the student and the teachers of a run cost. A teacher that is no model here, such as kept answers, is left out with a word about it.
 * Weights do not matter, so that a teacher trained by a recipe need not have been kept.
 *
 * @param opened - the student
 * @param tell - told which teacher is left out, and why
 * @param signal - ends it
 * @returns the student first
 */
export async function modelCosts(
  opened: OpenStudent,
  tell: OnRunProgress,
  signal: AbortSignal | undefined,
): Promise<ModelCost[]> {
  const { read, dataset, model } = opened
  const { student, teachers } = read.config
  const costOf = async (role: string, name: string, measured: LayersModel): Promise<ModelCost> => {
    const parameters = measured.countParams()
    const multiplyAdds = countMultiplyAdds(measured)
    const latency = await measureLatency(measured, dataset.inputShape, { signal })
    return {
      ...{ role, model: name, parameters, bytes: 4 * parameters },
      ...(multiplyAdds !== undefined && { multiplyAdds }),
      latency,
    }
  }
  const costs = [await costOf('student', modelName(student.model), model)]
  for (const [index, teacher] of teachers.entries()) {
    const role = teachers.length > 1 ? `teacher ${index + 1}` : 'teacher'
    const leaveOut = (reason: string): void => {
      tell({ kind: 'message', text: `${role} is left out of the latencies: ${reason}` })
    }
    if (teacher.answers !== undefined || teacher.teacher !== undefined) {
      leaveOut('it is no model of this run')
      continue
    }
    try {
      const open = await openTeacher(read, index, dataset)
      const measured = modelOf(open.states.at(-1)!.teacher)
      if (measured === undefined) leaveOut('it is no model of layers')
      else costs.push(await costOf(role, open.name, measured))
      disposeTeachers([open])
    } catch (error) {
      if (!KdError.isInstance(error)) throw error
      leaveOut(error.message)
    }
  }
  return costs
}
