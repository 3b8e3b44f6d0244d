import * as z from 'zod'
import { selectionSchema as selection } from './selection.js'
import { revision, temperature, weight } from './method-entry.js'

/** What a config says of Label Revision: one form or the other, and the examples that it is for. */
export const labelRevisionOptions = z.discriminatedUnion('loss', [
  z.strictObject({
    loss: z.literal('mse').default('mse'),
    ...revision,
    logitLossWeight: weight(4),
    revisedLossWeight: weight(1),
    labelLossOnWrong: z.boolean().default(false),
    groupMeans: z.boolean().default(true),
    selection,
  }),
  z.strictObject({
    loss: z.literal('kl'),
    ...revision,
    temperature: temperature(4),
    softLossWeight: weight(0.9),
    hardLossWeight: weight(0.1),
    selection,
  }),
])
