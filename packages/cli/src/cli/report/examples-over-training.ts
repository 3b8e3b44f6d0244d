import type { ReportedRun, ShareOverTraining, SpreadOverTraining } from '@kd/report'
import * as z from 'zod'

const spread = z.object({
  mean: z.number(),
  histogram: z.object({ min: z.number(), max: z.number(), counts: z.array(z.number()).min(1) }),
})
const spreads = z.record(z.string(), spread)
const share = z.number().min(0).max(1)

/** Lines of metrics.jsonl that say what the method made of single examples. */
const line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mixing'), epoch: z.int().min(1), weights: spreads }),
  z.object({ kind: z.literal('selection'), epoch: z.int().min(1), spreads }),
  z.object({
    kind: z.literal('examples'),
    epoch: z.int().min(1),
    spreads,
    shares: z.record(z.string(), share),
  }),
])

/** Such a line, read and checked. */
export type ExamplesOverTrainingLine = z.output<typeof line>

/** What such a line must look like. */
export const examplesOverTrainingLine: z.ZodType<ExamplesOverTrainingLine> = line

/**
 * Puts lines together by what they are about.
 *
 * @param lines - in order
 * @returns what a report shows over the training
 */
export function examplesOverTraining(
  lines: readonly ExamplesOverTrainingLine[],
): Pick<ReportedRun, 'spreads' | 'shares'> {
  const spreadsByName = new Map<string, SpreadOverTraining['moments'][number][]>()
  const sharesByName = new Map<string, ShareOverTraining['moments'][number][]>()
  for (const found of lines) {
    const { epoch } = found
    const ofLine =
      found.kind === 'mixing'
        ? Object.entries(found.weights).map(([term, of]) => [`weight of ${term}`, of] as const)
        : Object.entries(found.spreads)
    for (const [name, { mean, histogram }] of ofLine) add(spreadsByName, name, { epoch, mean, ...histogram })
    if (found.kind !== 'examples') continue
    for (const [name, value] of Object.entries(found.shares)) add(sharesByName, name, { epoch, share: value })
  }
  return {
    ...(spreadsByName.size > 0 && { spreads: named(spreadsByName) }),
    ...(sharesByName.size > 0 && { shares: named(sharesByName) }),
  }
}

function add<Moment>(byName: Map<string, Moment[]>, name: string, moment: Moment): void {
  byName.set(name, [...(byName.get(name) ?? []), moment])
}

function named<Moment>(byName: ReadonlyMap<string, Moment[]>): { name: string; moments: Moment[] }[] {
  return [...byName].map(([name, moments]) => ({ name, moments }))
}
