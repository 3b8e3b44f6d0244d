import type { Dataset } from '@kd/core'
import type { Config, TeacherConfig } from '../../config/config-schema.js'
import { trainingData } from './prepare-dataset.js'

/** What the recipe of a teacher trains it on. */
export function recipeData({ dataset }: Config, teacher: TeacherConfig, clean: Dataset): Promise<Dataset> {
  const wanted = { take: teacher.take, labelNoise: teacher.labelNoise ?? dataset.labelNoise }
  return trainingData(clean, wanted, dataset.seed)
}
