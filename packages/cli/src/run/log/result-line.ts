import * as z from 'zod'

const metrics = z.looseObject({ top1: z.number().min(0).max(1) })
const atEpoch = z
  .looseObject({ epoch: z.int().min(1), validation: metrics.optional(), test: metrics.optional() })
  .optional()

/** The last line of the metrics.jsonl of a run that came to its end: as much of its result as tables are made of. */
export const resultLineSchema = z.looseObject({
  kind: z.literal('result'),
  ended: z.enum(['epochs', 'early-stop']),
  last: atEpoch,
  best: atEpoch,
  teachers: z.array(z.looseObject({ train: metrics, test: metrics.optional() })),
  seconds: z.number(),
})
