import { basename } from 'node:path'
import * as z from 'zod'
import type { ModelEntry } from './models.js'
import { namedSchema, type NamedOptions } from './named-options.js'

/** A model that was made elsewhere: its architecture and its weights are in a file. */
export interface ModelFile {
  readonly file: string
}

/** A model in a config: a family by its name, or a file. */
export type ModelConfig = NamedOptions | ModelFile

/**
 * Makes the schema of a model.
 *
 * @param models - the families that there are
 * @returns a union of the families and of `{ file }`
 */
export function modelSchema(
  models: Readonly<Record<string, ModelEntry>>,
): z.ZodType<ModelConfig, ModelConfig> {
  const named = namedSchema(models)
  const file = z.strictObject({
    file: z
      .string()
      .min(1)
      .describe('model.json of TensorFlow.js beside its weights, or a .keras or .h5 file of Keras'),
  })
  return z.union([named, file])
}

/** Tells whether a model comes from a file. */
export function isModelFile(model: ModelConfig | undefined): model is ModelFile {
  return model !== undefined && !('name' in model)
}

/** What reports call a model. */
export function modelName(model: ModelConfig): string {
  return isModelFile(model) ? basename(model.file) : model.name
}
