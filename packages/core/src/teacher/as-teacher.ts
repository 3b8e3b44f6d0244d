import type { LayersModel } from '@tensorflow/tfjs-layers'
import { InvalidArgumentError } from '../errors.js'
import { asModel, isLayersModel } from '../model/layers-model.js'
import type { Model } from '../model/model.js'
import { keptAnswers, type KeptAnswers } from './kept-answers.js'
import { functionTeacher, modelTeacher, type Teacher, type TeacherFunction } from './teacher.js'

/** What a run takes as a teacher: a {@link Teacher}, a model, a function to logits, or answers that were kept. */
export type TeacherInput = Teacher | Model | LayersModel | TeacherFunction | KeptAnswers

/**
 * Takes what a run was given as a teacher.
 *
 * @param teacher - in any of its forms
 * @param index - its number, from 0
 * @returns a teacher
 * @throws {@link InvalidArgumentError} for anything else
 */
export function asTeacher(teacher: TeacherInput, index: number): Teacher {
  const role = `teacher ${index}`
  if (typeof teacher === 'function') return functionTeacher(teacher, role)
  if (isLayersModel(teacher)) return modelTeacher(asModel(teacher, role))
  if (typeof teacher === 'object' && (teacher as object | null) !== null) {
    if ('answer' in teacher) return teacher
    if ('keptLogits' in teacher) return keptAnswers(teacher, role)
    if ('forward' in teacher) return modelTeacher(teacher)
  }
  throw new InvalidArgumentError(
    `distill: ${role} must be a model, a function to logits, a teacher or kept answers, got ${teacher === null ? 'null' : typeof teacher}`,
  )
}
