import type { RunDiagnostics } from '@kd/report'
import * as z from 'zod'
import { checkedAs, parsedJson } from '../log/checked-as.js'
import { readRegularText } from '../../config/regular-file.js'

const share = z.number().min(0).max(1)
const example = z.object({
  id: z.int(),
  value: z.number(),
  label: z.int().min(0),
  prediction: z.int().min(0).optional(),
  // It becomes part of an address in the page.
  image: z.base64().optional(),
})
const diagnosticsSchema = z.object({
  version: z.literal(1),
  student: z.enum(['best', 'last']),
  classNames: z.array(z.string()),
  parameters: z.number(),
  split: z.string(),
  confusion: z.array(z.array(z.number())),
  nonFinite: z.int().min(1).optional(),
  reliability: z.array(z.object({ confidence: share, accuracy: share, count: z.number() })),
  regularization: z
    .array(
      z.object({
        teacher: z.int(),
        temperature: z.number(),
        atLabel: z.int(),
        overall: z.int(),
        examples: z.int(),
      }),
    )
    .optional(),
  classCounts: z
    .array(z.object({ name: z.string(), examples: z.array(z.int().min(0)), counts: z.array(z.int().min(0)) }))
    .optional(),
  measures: z.array(
    z.object({
      name: z.string(),
      meaning: z.string(),
      edges: z.array(z.number()),
      counts: z.array(z.number()),
      highest: z.array(example),
      lowest: z.array(example),
    }),
  ),
})

/**
 * Reads the diagnostics.json of a run.
 *
 * @param path - of the file
 * @returns undefined where there is none
 * @throws {@link UsageError} when it holds something else
 */
export async function readDiagnostics(path: string): Promise<RunDiagnostics | undefined> {
  let text: string
  try {
    text = await readRegularText(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return checkedAs(diagnosticsSchema, parsedJson(text, path), path) as RunDiagnostics
}
