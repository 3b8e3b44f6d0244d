import { KdError, type Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { join } from 'node:path'
import type { Config } from '../../config/config-schema.js'
import { assertFits, teacherModel } from '../../run/model/config-model.js'
import { dataHash } from '../../run/origin/environment.js'
import { teacherIdentity } from '../../run/origin/identity.js'
import { loadTrained } from '../../run/training/make-teachers.js'
import { recipeData } from '../../run/data/prepare-dataset.js'
import { loadModel, loadWeights } from '../../run/model/saved-model.js'

/** Which teacher of a config labels. */
export interface AskedTeacherPlace {
  /** From 0. */
  readonly index: number
  /** Which of its checkpoints; 0 for a teacher without. */
  readonly state: number
}

/** What a teacher with a recipe is known by. To work it out all its data are hashed: once is enough. */
export interface TeacherRecipe {
  /** Hash of the data that it is trained on. */
  readonly data: string
  /** See `teacherIdentity`. */
  readonly id: string
}

/** Undefined for a teacher without a recipe. */
export async function teacherRecipe(
  config: Config,
  index: number,
  clean: Dataset,
): Promise<TeacherRecipe | undefined> {
  const teacher = config.teachers[index]
  if (teacher?.training === undefined) return undefined
  const data = dataHash(await recipeData(config, teacher, clean))
  return { data, id: teacherIdentity({ config, teacher, index, data }) }
}

/** Where a teacher is to be found. */
export interface AskedTeacherSource extends AskedTeacherPlace {
  readonly recipe: TeacherRecipe | undefined
  /** Of those that were trained by a recipe. */
  readonly teachersFolder: string
}

/**
 * Loads a teacher that labels.
 *
 * @param config - with its engine
 * @param clean - the data set before label noise
 * @param source - which teacher, and where it is
 * @returns the model
 * @throws {@link KdError} when it is not there, or none for these data
 */
export async function loadAskedTeacher(
  config: Config,
  clean: Dataset,
  { index, state, recipe, teachersFolder }: AskedTeacherSource,
): Promise<LayersModel> {
  const teacher = config.teachers[index]
  if (teacher?.run !== undefined) {
    const model = await loadModel(join(teacher.run, 'student'))
    assertFits(model, clean, `teacher ${index + 1} (${teacher.run})`)
    return model
  }
  if (teacher?.weights !== undefined) {
    const model = teacherModel(config, index, clean)
    await loadWeights(model, teacher.weights)
    return model
  }
  const models =
    (recipe && (await loadTrained({ config, teachersFolder }, clean, { index, data: recipe.data }))) ?? []
  for (const [other, model] of models.entries()) if (other !== state) model.dispose()
  const found = models[state]
  if (found !== undefined) return found
  throw new KdError(
    `labels: teacher ${index + 1} must be trained before it labels, got none in ${teachersFolder}`,
    { hint: 'all machines must see the same workspace; the same kd label again trains what is not there' },
  )
}
