import * as z from 'zod'
import { comparisonSchema, type ComparisonInput } from '../compare/comparison-schema.js'

/** More students than anybody trains for one number. */
const MAX_SPLITS = 1000

/** A comparison whose every run is done by several students, as a person writes it. */
export const biasVarianceSchema = comparisonSchema.extend({
  splits: z
    .int()
    .min(2)
    .max(MAX_SPLITS)
    .default(5)
    .describe('into how many parts the training set is divided: so many students per setting and seed'),
  seeds: comparisonSchema.shape.seeds
    .unwrap()
    .default(1)
    .describe('how many, from 0, or which; each divides the training set anew'),
})

/** What `kd analyse bias-variance` reads, beside the config of a single run. */
export interface BiasVarianceInput extends ComparisonInput {
  /** @defaultValue 5 */
  readonly splits?: number
  /** @defaultValue 1 */
  readonly seeds?: number | readonly number[]
}
