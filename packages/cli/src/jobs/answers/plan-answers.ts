import { taskOf, type AnyDataset } from '@kd/core'
import { modelName } from '../../config/model-schema.js'
import { packageVersions } from '../../run/origin/environment.js'
import type { NamedConfig } from '../../run/model/config-model.js'
import type { RunTeacher } from '../../run/answers/kept-answers.js'
import type { AnswerForm } from './answer-form.js'
import { answersId, type AnswerManifest, type AnswerSplit } from '../../run/answers/answer-manifest.js'
import { askedTeacherHash, type AskedTeacherPlace } from '../job/asked-teacher.js'

/** What answers are made of. */
export interface PlannedAnswers {
  readonly model: RunTeacher
  /** The identity of its recipe, if it has one. */
  readonly recipe: string | undefined
  /** Before label noise. */
  readonly dataset: AnyDataset
  /** The hash of the inputs of each split, see `inputsHash`. */
  readonly hashes: ReadonlyMap<AnswerSplit, string>
  readonly form: AnswerForm
}

/**
 * Says what the answers of one teacher are: their manifest, before there are shards.
 *
 * @param named - the config, with its engine
 * @param place - which teacher
 * @param made - see {@link PlannedAnswers}
 * @returns the manifest
 */
export async function planAnswers(
  named: NamedConfig,
  { index, state }: AskedTeacherPlace,
  { model, recipe, dataset, hashes, form }: PlannedAnswers,
): Promise<AnswerManifest> {
  const { config } = named
  const teacher = config.teachers[index]!
  const { name: task } = taskOf(dataset)
  const { mean, standardDeviation } = dataset.normalization
  const name = teacher.model === undefined ? model.name : modelName(teacher.model)
  const manifest: Omit<AnswerManifest, 'id'> = {
    format: 'kd-answers',
    version: 1,
    teacher: {
      name: teacher.checkpoints === undefined ? name : `${name} after epoch ${teacher.checkpoints[state]!}`,
      weights: await askedTeacherHash(named, index, model),
      ...(recipe !== undefined && !teacher.checkpoints && { recipe }),
    },
    dataset: {
      name: dataset.name,
      ...(task !== 'classification' && { task }),
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
