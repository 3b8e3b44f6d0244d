import * as z from 'zod'
import { stepSchema } from '../../../run/log/step-file.js'

/** How far a job is, as a worker tells it through the queue. */
export const progressSchema = z.discriminatedUnion('kind', [
  stepSchema.extend({ kind: z.literal('step') }),
  z.strictObject({
    kind: z.literal('answered'),
    examples: z.int().min(0),
    of: z.int().min(0),
    perSecond: z.number().min(0),
  }),
])
