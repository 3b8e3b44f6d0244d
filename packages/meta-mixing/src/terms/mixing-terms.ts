import * as tf from '@tensorflow/tfjs-core'
import { crossEntropy, InvalidArgumentError, klDivergence, type DistillationBatch } from '@kd/core'

/** What the terms of a mix depend on. */
export interface MixingTermOptions {
  readonly teachers: number
  readonly temperature: number
}

/** Names of the terms: `label`, `teacher0`, `teacher1`, ... */
export function termNames(teachers: number): string[] {
  return ['label', ...Array.from({ length: teachers }, (_, teacher) => `teacher${teacher}`)]
}

/** What each term is multiplied by before it is weighted: 1 for the label, temperature^2 for a teacher. */
export function termScales({ teachers, temperature }: MixingTermOptions): number[] {
  return [1, ...Array.from({ length: teachers }, () => temperature ** 2)]
}

/**
 * The losses that are mixed, without their {@link termScales}: CE(student, label), then KL(teacher || student) at the
 * temperature for each teacher.
 *
 * @param batch - of the training step
 * @param options - number of teachers, temperature
 * @param functionName - the method's factory, for the message
 * @returns one [N] for each of {@link termNames}
 * @throws {@link InvalidArgumentError} when the run has another number of teachers
 */
export function unscaledTerms(
  { studentLogits, teacherLogits, labels }: DistillationBatch,
  { teachers, temperature }: MixingTermOptions,
  functionName: string,
): tf.Tensor1D[] {
  if (teacherLogits.length !== teachers) {
    throw new InvalidArgumentError(
      `${functionName}: teachers must be ${teachers} as set up, got ${teacherLogits.length}`,
      { hint: 'the method and the run must have the same teachers' },
    )
  }
  return [
    crossEntropy(studentLogits, labels),
    ...teacherLogits.map((logits) => klDivergence(logits, studentLogits, temperature)),
  ]
}

/**
 * The losses that are mixed, unweighted: CE(student, label), then temperature^2 * KL(teacher || student) for each teacher.
 *
 * @param batch - of the training step
 * @param options - number of teachers, temperature
 * @param functionName - the method's factory, for the message
 * @returns one [N] for each of {@link termNames}
 * @throws {@link InvalidArgumentError} when the run has another number of teachers
 */
export function mixingTerms(
  batch: DistillationBatch,
  options: MixingTermOptions,
  functionName: string,
): tf.Tensor1D[] {
  const scales = termScales(options)
  return unscaledTerms(batch, options, functionName).map((losses, term) =>
    term === 0 ? losses : tf.mul<tf.Tensor1D>(scales[term]!, losses),
  )
}

/**
 * Multiplies each term by its weight and names it.
 *
 * @param terms - K losses [N]
 * @param weights - K numbers, scalars or [N]
 * @returns the parts of a step's loss
 */
export function weightedTerms(
  terms: readonly tf.Tensor1D[],
  weights: readonly (number | tf.Tensor)[],
): Record<string, tf.Tensor1D> {
  const names = termNames(terms.length - 1)
  return Object.fromEntries(terms.map((losses, term) => [names[term]!, tf.mul(weights[term]!, losses)]))
}
