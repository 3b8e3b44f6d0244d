import type { EventHistogram, SummaryEvent } from '@kd/report'
import * as z from 'zod'

/** JSON has null where a number was not finite. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN)

const spread = z.looseObject({
  mean: number,
  standardDeviation: number,
  histogram: z.object({ min: number, max: number, counts: z.array(z.number()) }),
})

const epochLine = z.object({
  kind: z.literal('epoch'),
  epoch: z.int().min(1),
  steps: z.int().min(0),
  seconds: z.number(),
  learningRate: z.number(),
  train: z.object({ loss: number, parts: z.record(z.string(), number), top1: number }),
  validation: z
    .object({ loss: number, top1: number, top5: number.optional(), expectedCalibrationError: number })
    .optional(),
})

const mixingLine = z.object({
  kind: z.literal('mixing'),
  epoch: z.int().min(1),
  weights: z.record(z.string(), spread),
})

const examplesLine = z.object({
  kind: z.enum(['examples', 'selection']),
  epoch: z.int().min(1),
  spreads: z.record(z.string(), spread),
  shares: z.record(z.string(), z.number()).optional(),
})

/**
 * What a line of metrics.jsonl is for TensorBoard: its numbers by name, at the epoch as the step.
 *
 * @param line - as JSON has it
 * @returns undefined for a line that says nothing over time, such as the result
 */
export function metricsEvent(line: unknown): Omit<SummaryEvent, 'wallTime'> | undefined {
  const epoch = epochLine.safeParse(line).data
  if (epoch !== undefined) return { step: epoch.epoch, scalars: epochScalars(epoch) }
  const mixing = mixingLine.safeParse(line).data
  if (mixing !== undefined) return { step: mixing.epoch, ...spreadsEvent('mixing/', mixing.weights) }
  const examples = examplesLine.safeParse(line).data
  if (examples === undefined) return undefined
  const { scalars, histograms } = spreadsEvent('examples/', examples.spreads)
  const shares = named('examples/', examples.shares ?? {})
  const all = { ...scalars, ...shares }
  if (Object.keys(all).length === 0) return undefined
  return {
    step: examples.epoch,
    scalars: all,
    ...(Object.keys(histograms).length > 0 && { histograms }),
  }
}

function spreadsEvent(
  prefix: string,
  spreads: Readonly<Record<string, z.output<typeof spread>>>,
): Required<Pick<SummaryEvent, 'scalars' | 'histograms'>> {
  const entries = Object.entries(spreads)
  return {
    scalars: Object.fromEntries(entries.map(([name, { mean }]) => [`${prefix}${name} mean`, mean])),
    histograms: Object.fromEntries(entries.map(([name, of]) => [prefix + name, histogramOf(of)])),
  }
}

function epochScalars({
  steps,
  seconds,
  learningRate,
  train,
  validation,
}: z.output<typeof epochLine>): Record<string, number> {
  return {
    'train/loss': train.loss,
    ...named('train/loss of ', train.parts),
    'train/top1': train.top1,
    ...named('validation/', validation ?? {}),
    'run/learningRate': learningRate,
    'run/secondsPerStep': steps === 0 ? NaN : seconds / steps,
  }
}

function named(prefix: string, values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[prefix + name, value]])),
  )
}

/** Of bars equally wide. */
function histogramOf({
  mean,
  standardDeviation,
  histogram: { min, max, counts },
}: z.output<typeof spread>): EventHistogram {
  const count = counts.reduce((sum, of) => sum + of, 0)
  const width = (max - min) / counts.length
  return {
    min,
    max,
    count,
    sum: count * mean,
    sumOfSquares: count * (mean ** 2 + standardDeviation ** 2),
    // All weights equal: one bar, since limits must ascend.
    limits:
      width > 0 ? counts.map((_, bar) => (bar + 1 === counts.length ? max : min + (bar + 1) * width)) : [max],
    counts: width > 0 ? counts : [count],
  }
}
