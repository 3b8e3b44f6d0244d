import type { Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../../config/config-schema.js'
import { packageVersions } from '../../run/origin/environment.js'
import { weightsHash } from '../../run/model/saved-model.js'
import type { LabelForm } from './label-form.js'
import { labelsId, type LabelManifest, type LabelSplit } from '../../run/answers/answer-manifest.js'
import type { LabelTeacherPlace, TeacherRecipe } from '../job/label-teacher.js'

/** What labels are made of. */
export interface PlannedLabels {
  readonly model: LayersModel
  readonly recipe: TeacherRecipe | undefined
  /** Before label noise. */
  readonly dataset: Dataset
  /** Of the inputs of each split: see `inputsHash`. */
  readonly hashes: ReadonlyMap<LabelSplit, string>
  readonly form: LabelForm
}

/**
 * Says what the labels of one teacher are: their manifest, before there are shards.
 *
 * @param config - with its engine
 * @param place - which teacher
 * @param made - see {@link PlannedLabels}
 * @returns the manifest
 */
export async function planLabels(
  config: Config,
  { index, state }: LabelTeacherPlace,
  { model, recipe, dataset, hashes, form }: PlannedLabels,
): Promise<LabelManifest> {
  const teacher = config.teachers[index]!
  const { mean, standardDeviation } = dataset.normalization
  const name = teacher.model?.name ?? model.name
  const manifest: Omit<LabelManifest, 'id'> = {
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
  return { format, version, id: labelsId(manifest), ...rest }
}
