import type { Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { packageVersions } from '../../run/origin/environment.js'
import { weightsHash } from '../../run/model/saved-model.js'
import type { AnswerForm } from './answer-form.js'
import { answersId, type AnswerManifest, type AnswerSplit } from '../../run/answers/answer-manifest.js'
import type { AskedTeacherPlace, TeacherRecipe } from '../job/asked-teacher.js'

/** What labels are made of. */
export interface PlannedAnswers {
  readonly model: LayersModel
  readonly recipe: TeacherRecipe | undefined
  /** Before label noise. */
  readonly dataset: Dataset
  /** Of the inputs of each split: see `inputsHash`. */
  readonly hashes: ReadonlyMap<AnswerSplit, string>
  readonly form: AnswerForm
}

/**
 * Says what the labels of one teacher are: their manifest, before there are shards.
 *
 * @param config - with its engine
 * @param place - which teacher
 * @param made - see {@link PlannedAnswers}
 * @returns the manifest
 */
export async function planAnswers(
  config: Config,
  { index, state }: AskedTeacherPlace,
  { model, recipe, dataset, hashes, form }: PlannedAnswers,
): Promise<AnswerManifest> {
  const teacher = config.teachers[index]!
  const { mean, standardDeviation } = dataset.normalization
  const name = teacher.model?.name ?? model.name
  const manifest: Omit<AnswerManifest, 'id'> = {
    format: 'kd-labels',
    version: 1,
    teacher: {
      name: teacher.checkpoints === undefined ? name : `${name} after epoch ${teacher.checkpoints[state]!}`,
      weights: await weightsHash(model),
      ...(recipe && !teacher.checkpoints && { recipe: recipe.id }),
    },
    dataset: {
      name: dataset.name,
      inputShape: [...dataset.inputShape],
      classNames: [...dataset.classNames],
      normalization: { mean: [...mean], standardDeviation: [...standardDeviation] },
      augmentation: 'none',
    },
    logits: { dtype: form.dtype, ...(form.top !== undefined && { top: form.top }) },
    rowsPerShard: form.rowsPerShard,
    engine: config.engine!,
    packages: packageVersions(),
    splits: Object.fromEntries(
      form.splits.map((split) => [
        split,
        { examples: dataset[split]!.ids.length, data: hashes.get(split)!, shards: [] },
      ]),
    ),
  }
  const { format, version, ...rest } = manifest
  return { format, version, id: answersId(manifest), ...rest }
}
