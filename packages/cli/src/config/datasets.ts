import {
  isDescribed,
  type AnyDataset,
  type DatasetContext,
  type Normalization,
  type OptionsSchema,
} from '@kd/core'
import * as sources from '@kd/datasets'
import { imageNormalization } from '@kd/datasets'
import type * as z from 'zod'
import { preparation } from './data-preparation-schema.js'
import { exportsByName } from './exports-by-name.js'
import { namedSchema, type NamedOptions } from './named-options.js'

/** What a data set's name in a config stands for. */
export type DatasetEntry = ((
  options: Readonly<Record<string, unknown>>,
  context: DatasetContext,
) => AnyDataset | Promise<AnyDataset>) & {
  readonly summary: string
  readonly options?: OptionsSchema
  /** Whether inputs are bytes, for which a config gives the normalization of pixels in [0, 1]. */
  readonly bytes?: boolean
}

/** Every data set that `@kd/datasets` exports, by its name: a new one is known here as soon as its package exports it. */
export const datasets: Readonly<Record<string, DatasetEntry>> = exportsByName(
  Object.values<unknown>(sources),
  (source): source is DatasetEntry => isDescribed(source),
)

/**
 * Makes the schema of `dataset: { name, ... }`: the options of each, and beside them what every data set can be asked for. A
 * generator's own seed is called `generatorSeed` in a config, where `seed` is that of splits and noise.
 *
 * @param entries - all data sets, a plugin's too
 * @returns a union told apart by `name`
 */
export function datasetSchema(
  entries: Readonly<Record<string, DatasetEntry>>,
): z.ZodType<NamedOptions, NamedOptions> {
  return namedSchema(entries, (name) => {
    const generatorSeed = optionsOf(entries[name]!)['seed']
    return { ...(generatorSeed && { generatorSeed }), ...preparation }
  })
}

/**
 * Loads a data set as its files or its generator give it.
 *
 * @param config - name and options, checked by the schema; paths are absolute or relative to the working directory
 * @param entries - all data sets, a plugin's too
 * @param context - the task that is wanted, and who is told about downloads
 * @returns splits that are not yet prepared
 */
export async function loadSource(
  config: NamedOptions,
  entries: Readonly<Record<string, DatasetEntry>>,
  context: DatasetContext,
): Promise<AnyDataset> {
  const { name, normalization, generatorSeed, ...rest } = config
  const entry = entries[name]!
  const options: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !Object.hasOwn(preparation, key)),
  )
  if (generatorSeed !== undefined) options['seed'] = generatorSeed
  if (normalization !== undefined) {
    const { mean, standardDeviation } = normalization as Normalization
    options['normalization'] =
      entry.bytes === true ? imageNormalization(mean, standardDeviation) : normalization
  }
  const seed = config['seed'] as number | string | undefined
  return entry(options, { ...(seed !== undefined && { seed }), ...context })
}

/** The options of a data set that has one map of them. */
function optionsOf({ options }: DatasetEntry): z.core.$ZodShape {
  return options?._zod.def.type === 'object' ? options._zod.def.shape : {}
}
