import * as tf from '@tensorflow/tfjs-core'
import { crossEntropy, klDivergence, type Step } from '@kd/core'

/** Names of the terms: `label`, `teacher0`, `teacher1`, ... */
export function termNames(teachers: number): string[] {
  return ['label', ...Array.from({ length: teachers }, (_, teacher) => `teacher${teacher}`)]
}

/** What each term is multiplied by before it is weighted: 1 for the label, temperature^2 for a teacher. */
export function termScales(teachers: number, temperature: number): number[] {
  return [1, ...Array.from({ length: teachers }, () => temperature ** 2)]
}

/**
 * The losses that are mixed, without their {@link termScales}: CE(student, label), then KL(teacher || student) at the
 * temperature for each teacher.
 *
 * @param step - with one table of logits for each teacher
 * @param temperature - softens teachers and student
 * @returns one [N] for each of {@link termNames}
 */
export function unscaledTerms(
  { studentLogits, teacherLogits, labels }: Step,
  temperature: number,
): tf.Tensor1D[] {
  return [
    crossEntropy(studentLogits, labels),
    ...teacherLogits.map((logits) => klDivergence(logits, studentLogits, temperature)),
  ]
}

/**
 * The losses that are mixed, unweighted: CE(student, label), then temperature^2 * KL(teacher || student) for each teacher.
 *
 * @param step - with one table of logits for each teacher
 * @param temperature - softens teachers and student
 * @returns one [N] for each of {@link termNames}
 */
export function mixingTerms(step: Step, temperature: number): tf.Tensor1D[] {
  const scales = termScales(step.teacherLogits.length, temperature)
  return scaledTerms(unscaledTerms(step, temperature), scales)
}

/** Multiplies each loss by its scale; a scale of 1 costs nothing. */
export function scaledTerms(losses: readonly tf.Tensor1D[], scales: readonly number[]): tf.Tensor1D[] {
  return losses.map((loss, term) => (scales[term] === 1 ? loss : tf.mul<tf.Tensor1D>(scales[term]!, loss)))
}

/**
 * Multiplies each term by its weight and names it.
 *
 * @param names - of the K terms
 * @param terms - K losses [N]
 * @param weights - K numbers, scalars or [N]
 * @returns the parts of a step's loss
 */
export function weightedTerms(
  names: readonly string[],
  terms: readonly tf.Tensor1D[],
  weights: readonly (number | tf.Tensor)[],
): Record<string, tf.Tensor1D> {
  return Object.fromEntries(terms.map((losses, term) => [names[term]!, tf.mul(weights[term]!, losses)]))
}

/** The name under which logs and reports show the weight of a term: `labelWeight`, `teacher0Weight`, ... */
export function weightName(term: string): string {
  return `${term}Weight`
}
