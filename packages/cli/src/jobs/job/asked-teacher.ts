import { KdError, type AnyDataset } from '@kd/core'
import { createHash } from 'node:crypto'
import type { NamedConfig } from '../../run/model/config-model.js'
import { dataHash } from '../../run/origin/environment.js'
import { teacherIdentity } from '../../run/origin/identity.js'
import { loadTrained } from '../../run/training/make-teachers.js'
import type { RunTeacher } from '../../run/answers/kept-answers.js'
import { openTeacher } from '../../run/training/open-teachers.js'
import { recipeData } from '../../run/data/prepare-dataset.js'
import { teacherHash } from '../../run/training/teacher-hash.js'

/** Which teacher of a config is asked. */
export interface AskedTeacherPlace {
  /** The index, counted from 0. */
  readonly index: number
  /** Which of its checkpoints; 0 for a teacher without. */
  readonly state: number
}

/**
 * Works out what a teacher with a recipe is known by. All its data are hashed for that.
 *
 * @param named - the config, with its engine
 * @param index - which of its teachers
 * @param clean - the data set before label noise
 * @returns see `teacherIdentity`; undefined for a teacher without a recipe
 */
export async function recipeIdentity(
  { config }: NamedConfig,
  index: number,
  clean: AnyDataset,
): Promise<string | undefined> {
  const teacher = config.teachers[index]
  if (teacher?.training === undefined) return undefined
  const data = dataHash(await recipeData(config, teacher, clean))
  return teacherIdentity({ config, teacher, index, data })
}

/**
 * Loads a teacher that is asked.
 *
 * @param named - the config, with its engine; no teacher has answers
 * @param clean - the data set before label noise
 * @param source - which teacher, and where those lie that were trained by a recipe
 * @returns the teacher
 * @throws {@link KdError} when it is not there, or none for these data
 */
export async function loadAskedTeacher(
  named: NamedConfig,
  clean: AnyDataset,
  { index, state, teachersFolder }: AskedTeacherPlace & { readonly teachersFolder: string },
): Promise<RunTeacher> {
  if (named.config.teachers[index]?.training === undefined) {
    return (await openTeacher(named, index, clean)).states[0]!.teacher
  }
  const models = (await loadTrained({ ...named, teachersFolder }, clean, index)) ?? []
  for (const [other, model] of models.entries()) if (other !== state) model.dispose()
  const found = models[state]
  if (found !== undefined) return found
  throw new KdError(
    `keep-answers: teacher ${index + 1} must be trained before it is asked, got none in ${teachersFolder}`,
    {
      hint: 'all machines must see the same workspace; the same kd keep-answers again trains what is not there',
    },
  )
}

/**
 * Says by which hash the answers of a teacher are known to be its own.
 *
 * @param named - its config
 * @param index - which of its teachers
 * @param teacher - loaded
 * @returns the SHA-256 of its weights, or of its file and what the config says of that; of what the config says of it where a plugin
 * brings one without weights
 */
export async function askedTeacherHash(
  { config }: NamedConfig,
  index: number,
  teacher: RunTeacher,
): Promise<string> {
  const hash = await teacherHash(teacher)
  if (hash !== undefined) return hash
  const said = JSON.stringify(config.teachers[index]?.teacher)
  return createHash('sha256').update(said).digest('hex')
}
