import { DEFAULT_BATCH_SIZE } from '@kd/core'
import * as z from 'zod'

const positive = z.number().positive()
const notNegative = z.number().min(0)
const wholeFromOne = z.int().min(1)

const optimizerSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    momentum: notNegative.lt(1).default(0.9),
    nesterov: z.boolean().default(false),
    weightDecay: notNegative.default(0),
    decoupled: z.boolean().default(false).describe('true: decay shrinks the weights directly'),
  }),
  z.strictObject({
    name: z.literal('adam'),
    beta1: notNegative.lt(1).default(0.9),
    beta2: notNegative.lt(1).default(0.999),
    epsilon: positive.default(1e-8),
    weightDecay: notNegative.default(0),
    decoupled: z.boolean().default(false).describe('true: AdamW'),
  }),
])

const scheduleSchema = z.discriminatedUnion('schedule', [
  z.strictObject({ schedule: z.literal('constant'), initial: positive }),
  z.strictObject({
    schedule: z.literal('step'),
    initial: positive,
    milestones: z
      .array(z.int().min(0))
      .min(1)
      .describe('epochs, from 0, at which the rate is multiplied by factor'),
    factor: positive.default(0.1),
  }),
  z.strictObject({
    schedule: z.literal('cosine'),
    initial: positive,
    final: notNegative.default(0),
    every: z.enum(['epoch', 'step']).default('epoch'),
  }),
])

const clippingSchema = z.union([z.strictObject({ norm: positive }), z.strictObject({ value: positive })])

/** How a student, or a teacher trained first, is trained. */
export const trainingSchema = z.strictObject({
  epochs: wholeFromOne.describe('passes over the training split'),
  batchSize: wholeFromOne.default(DEFAULT_BATCH_SIZE).describe('examples per step'),
  optimizer: optimizerSchema.prefault({ name: 'sgd' }),
  learningRate: z
    .union([positive, scheduleSchema])
    .default(0.05)
    .describe('a number for a constant rate, or a schedule'),
  warmUp: positive.optional().describe('epochs over which the learning rate rises from 0; fractions allowed'),
  classWeights: z
    .union([z.literal('balanced'), z.array(notNegative).min(2)])
    .optional()
    .describe(
      'what the losses of an example are multiplied by, one number per class; balanced: all classes count the same',
    ),
  gradientClipping: clippingSchema.optional().describe('limit of the global norm, or of each entry'),
  earlyStop: wholeFromOne
    .optional()
    .describe('ends the run after so many epochs without a better one on the validation split'),
  monitor: z
    .string()
    .min(1)
    .optional()
    .describe(
      "figure that makes an epoch the best on the validation split; otherwise the task's first, top1 for classification",
    ),
})

/** {@link trainingSchema} after parsing. */
export type TrainingConfig = z.output<typeof trainingSchema>
