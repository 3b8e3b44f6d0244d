import * as z from 'zod'

/** How far a job is, as a worker tells it through the queue. */
export const progressSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('step'),
    who: z
      .string()
      .max(100)
      .regex(/^[\w ]+$/),
    step: z.strictObject({
      epoch: z.int().min(0),
      epochs: z.int().min(1),
      step: z.int().min(1),
      stepsPerEpoch: z.int().min(1),
      loss: z.number().optional(),
    }),
  }),
  z.strictObject({
    kind: z.literal('answered'),
    examples: z.int().min(0),
    of: z.int().min(0),
    perSecond: z.number().min(0),
  }),
])
