import type { Model, Teacher } from '@kd/core'
import type { AnswerSplit } from '../answers/answer-manifest.js'
import { AnswerTable, type RunTeacher } from '../answers/kept-answers.js'
import { weightsHash } from '../model/saved-model.js'
import type { ChangedModel } from './changed-model.js'

/** A teacher that was made elsewhere. */
export type FileTeacher = (Teacher | Model) & {
  /** Hash of its files and of what the config says about them. */
  readonly hash: string
  /** The splits that it knows; absent where it answers about any. */
  readonly splits?: ReadonlySet<AnswerSplit>
}

/**
 * Says by which hash a teacher is known.
 *
 * @param teacher - of a run
 * @returns that of its files, its kept answers or its weights; undefined where it computes elsewhere
 */
export async function teacherHash(teacher: RunTeacher): Promise<string | undefined> {
  if (teacher instanceof AnswerTable) return teacher.hash
  if ('hash' in teacher) return (teacher as FileTeacher).hash
  if ('layers' in teacher) return weightsHash(teacher)
  return 'layersModel' in teacher ? weightsHash((teacher as ChangedModel).layersModel) : undefined
}

/** Tells whether a teacher can be asked about a split: kept answers know only some. */
export function knowsSplit(teacher: RunTeacher, split: AnswerSplit): boolean {
  if (teacher instanceof AnswerTable) return teacher.has(split)
  const { splits } = teacher as Partial<FileTeacher>
  return splits === undefined || splits.has(split)
}
