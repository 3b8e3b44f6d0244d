import { KdError, type AnyDataset } from '@kd/core'
import type { Config } from '../../config/config-schema.js'
import { differingKeys } from './differing-keys.js'
import { dataHash, environment } from './environment.js'
import { identifyRun } from './identity.js'
import type { RecordedRun } from './recorded-run.js'
import type { RunFolder } from '../folder/run-folder.js'
import { taskReport } from '../log/run-result.js'
import type { OnRunProgress } from '../log/run-progress.js'

/** What a run is a run of. */
export interface RunOrigin {
  readonly config: Config
  readonly dataset: AnyDataset
  /** The name of a run's folder is not its identity: this is. */
  readonly id: string
  /** Hash of the data. */
  readonly data: string
  /** Hashes of the files that the config names, by their keys. */
  readonly files?: Readonly<Record<string, string>>
}

/**
 * Says what a run is a run of.
 *
 * @param config - resolved, with its engine
 * @param dataset - the student's
 * @param expected - the identity that it must have, if it was planned
 * @returns config and data with their hashes
 * @throws {@link KdError} when the run was planned as another
 */
export async function runOrigin(config: Config, dataset: AnyDataset, expected?: string): Promise<RunOrigin> {
  const data = dataHash(dataset)
  const { id, files } = await identifyRun(config, data)
  if (expected !== undefined && id !== expected) {
    throw new KdError(`the run must have the id ${expected} that it was planned with, got ${id}`, {
      hint: 'its data differ: run the comparison again; data files must be the same on every machine',
    })
  }
  return { config, dataset, id, data, files }
}

/** Writes the beginning of a run's folder. */
export async function writeOrigin(
  folder: RunFolder,
  { config, dataset, id, data, files = {} }: RunOrigin,
): Promise<void> {
  const examples = Object.fromEntries(
    (['train', 'validation', 'test'] as const).map((split) => [split, dataset[split]?.ids.length ?? 0]),
  )
  // What whoever uses the student has to know: how its inputs are scaled, and what its classes mean.
  const { inputShape, classNames, normalization } = dataset
  await folder.writeYaml('config.yaml', config)
  await folder.writeJson('environment.json', {
    id,
    seed: config.seed,
    engine: config.engine,
    task: taskReport(dataset),
    data: { sha256: data, examples, inputShape, classNames, normalization },
    files,
    ...environment(),
  })
}

/** Adds to environment.json that a run goes on, and says what is no longer as it was: bits may then differ. */
export async function noteResumption(
  folder: RunFolder,
  { environment: before }: RecordedRun,
  tell: OnRunProgress,
): Promise<void> {
  const { startedAt, ...now } = environment()
  const compared = Object.fromEntries(Object.keys(now).map((key) => [key, before[key]]))
  for (const { key, one, other } of differingKeys(compared, now)) {
    tell({ kind: 'message', text: `${key} is ${other} and was ${one}: the rest may differ in its last bits` })
  }
  const resumedAt = Array.isArray(before['resumedAt']) ? before['resumedAt'] : []
  await folder.writeJson('environment.json', {
    ...before,
    resumedAt: [...(resumedAt as unknown[]), startedAt],
  })
}
