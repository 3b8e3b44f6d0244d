import type { LayersModel } from '@tensorflow/tfjs-layers'
import { labelLoss } from '../method/label-loss.js'
import type { ModelInput } from '../model/model.js'
import { distill } from './distill.js'
import type { DistillationResult, TrainingOptions } from './distillation-options.js'

/** What `train` takes. */
export interface TrainOptions<Student extends ModelInput = LayersModel> extends TrainingOptions {
  /** The model to train, in place: logits [N, C] out, no softmax. */
  readonly model: Student
}

/**
 * Trains a model on labels alone: teachers, and the student of a baseline.
 *
 * @param options - see {@link TrainOptions}
 * @returns as `distill`, with the model as `student`
 * @throws as `distill`
 */
export async function train<Student extends ModelInput>({
  model,
  ...options
}: TrainOptions<Student>): Promise<DistillationResult<Student>> {
  return distill({ ...options, student: model, method: labelLoss() })
}
