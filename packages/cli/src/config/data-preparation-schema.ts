import * as z from 'zod'

const share = z.number().min(0).max(1)
const amount = z.number().positive()
const noiseSeed = z.union([z.int(), z.string()]).optional().describe("otherwise the data set's seed")

/** Wrong labels in a training split. */
export const labelNoiseSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('symmetric'),
    rate: share.describe('share of the training examples whose label is drawn anew from all classes'),
    seed: noiseSeed,
  }),
  z.strictObject({
    kind: z.literal('pair'),
    rate: share.describe('share of the training examples that get the next class'),
    seed: noiseSeed,
  }),
  z.strictObject({
    kind: z.literal('class-conditional'),
    matrix: z.array(z.array(share)).min(2).describe('row c: distribution of the new label of class c'),
    seed: noiseSeed,
  }),
  z.strictObject({
    kind: z.literal('file'),
    path: z.string().min(1).describe('one byte per example, the label of the example with that id'),
  }),
])

/** {@link labelNoiseSchema} after parsing. */
export type LabelNoiseConfig = z.output<typeof labelNoiseSchema>

const imbalanceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('long-tail'), factor: z.number().min(1) }),
  z.strictObject({ kind: z.literal('random-weights') }),
])

const augmentationSchema = z.strictObject({
  crop: z
    .strictObject({ padding: z.int().min(1) })
    .optional()
    .describe('shift by up to padding pixels'),
  flip: z.boolean().default(false).describe('mirror left to right with probability 1/2'),
  cutout: z
    .strictObject({ size: z.int().min(1) })
    .optional()
    .describe('clear a square'),
  mixup: z
    .strictObject({ alpha: z.number().positive() })
    .optional()
    .describe('mix inputs and losses in pairs'),
})

/** What every data set can be asked for beside its own options. */
export const preparation = {
  validation: z
    .number()
    .min(0)
    .default(0.1)
    .describe('share or number of training examples held out to choose the best epoch; 0 for none'),
  take: z
    .strictObject({ train: amount.optional(), validation: amount.optional(), test: amount.optional() })
    .optional()
    .describe('share or number of examples to keep of a split'),
  imbalance: imbalanceSchema.optional().describe('thins classes of the training split out'),
  labelNoise: labelNoiseSchema.prefault({ kind: 'none' }).describe('wrong labels in the training split'),
  augmentation: augmentationSchema
    .optional()
    .describe('random changes to training inputs, anew in every epoch'),
  seed: z
    .union([z.int(), z.string()])
    .default(0)
    .describe('of splits, subsets and noise; runs that differ in their own seed only share all of these'),
}

/** {@link preparation} as a person writes it. */
export type PreparationInput = z.input<z.ZodObject<typeof preparation, z.core.$strict>>
/** {@link preparation} after parsing. */
export type Preparation = z.output<z.ZodObject<typeof preparation, z.core.$strict>>
