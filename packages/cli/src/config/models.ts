import { isDescribed, type ModelContext, type OptionsSchema } from '@kd/core'
import * as families from '@kd/models'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { exportsByName } from './exports-by-name.js'
import type { NamedOptions } from './named-options.js'

/** What a model's name in a config stands for. */
export type ModelEntry = ((options: ModelContext & Record<string, unknown>) => LayersModel) & {
  readonly summary: string
  readonly options?: OptionsSchema
}

/** Every model that `@kd/models` exports, by its name: a new one is known here as soon as its package exports it. */
export const models: Readonly<Record<string, ModelEntry>> = exportsByName(
  Object.values<unknown>(families),
  (family): family is ModelEntry => isDescribed(family),
)

/**
 * Makes a model from its config.
 *
 * @param config - name and options, checked by the schema
 * @param context - shapes of the data, and the seed of the initial weights
 * @param entries - all models, a plugin's too
 * @returns a model with fresh weights
 */
export function makeModel(
  { name, ...options }: NamedOptions,
  context: ModelContext,
  entries: Readonly<Record<string, ModelEntry>>,
): LayersModel {
  return entries[name]!({ ...options, ...context })
}
