import * as z from 'zod'

/** How far a job is, as a worker tells it through the queue. */
export const progressSchema = z.strictObject({
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
})
