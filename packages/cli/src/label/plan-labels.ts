import type { Dataset } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Config } from '../config/config-schema.js'
import { packageVersions } from '../run/environment.js'
import { weightsHash } from '../run/saved-model.js'
import { inputsHash } from './inputs-hash.js'
import type { LabelForm } from './label-form.js'
import { labelsId, type LabelManifest } from './label-manifest.js'
import { recipeIdentity, type LabelTeacherPlace } from './label-teacher.js'

/**
 * Says what the labels of one teacher are: their manifest, before there are shards.
 *
 * @param config - with its engine
 * @param place - which teacher
 * @param made - the teacher, the data set before label noise, and the form
 * @returns the manifest
 */
export async function planLabels(
  config: Config,
  { index, state }: LabelTeacherPlace,
  made: { readonly model: LayersModel; readonly dataset: Dataset; readonly form: LabelForm },
): Promise<LabelManifest> {
  const { model, dataset, form } = made
  const teacher = config.teachers[index]!
  const { mean, standardDeviation } = dataset.normalization
  const name = teacher.model?.name ?? model.name
  const manifest: Omit<LabelManifest, 'id'> = {
    format: 'kd-labels',
    version: 1,
    teacher: {
      name: teacher.checkpoints === undefined ? name : `${name} after epoch ${teacher.checkpoints[state]!}`,
      weights: await weightsHash(model),
      ...(teacher.training &&
        !teacher.checkpoints && { recipe: await recipeIdentity(config, index, dataset) }),
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
        { examples: dataset[split]!.ids.length, data: inputsHash(dataset[split]!), shards: [] },
      ]),
    ),
  }
  const { format, version, ...rest } = manifest
  return { format, version, id: labelsId(manifest), ...rest }
}
