import type { Comparison } from '@kd/report'
import { join, normalize, sep } from 'node:path'
import * as z from 'zod'
import { UsageError } from '../../config/usage-error.js'
import { readRegularText } from '../../config/regular-file.js'

const labels = z.record(z.string(), z.string())

const share = z.number().min(0).max(1)
const count = z.int().min(0)

/** A path that stays inside the comparison's folder, whoever wrote the file. */
const inside = z
  .string()
  .refine((path) => !normalize(path).startsWith('..') && !path.startsWith(sep) && !/^[a-z]:/i.test(path), {
    error: 'must be a path inside the folder',
  })

/** What runs are measured by, where that is not the share of right predictions. */
const figure = z.object({
  name: z.string(),
  title: z.string(),
  unit: z.enum(['share', 'nats', 'number']),
  better: z.enum(['higher', 'lower']),
})

/** The schema of comparison.json, whose values are shares or any numbers. */
const comparisonFile = (value: z.ZodType<number>) => {
  const epoch = z
    .object({
      epoch: z.int(),
      validation: value.optional(),
      test: value,
      balancedAccuracy: share.optional(),
      macroF1: share.optional(),
    })
    .optional()
  return z
    .object({
      version: z.literal(1),
      name: z.string(),
      axes: z.array(z.object({ name: z.string(), labels: z.array(z.string()) })),
      seeds: z.array(z.number()),
      baseline: labels.optional(),
      figure: figure.optional(),
      runs: z.array(
        z.object({
          labels,
          seed: z.number(),
          id: z.string(),
          folder: inside,
          state: z.enum(['done', 'failed', 'stopped', 'submitted']),
          message: z.string().optional(),
          last: epoch,
          best: epoch,
          student: z.object({ parameters: count, bytes: count }).optional(),
          teachers: z
            .array(
              z.object({
                train: value,
                test: value.optional(),
                parameters: count.optional(),
                bytes: count.optional(),
              }),
            )
            .optional(),
          seconds: z.number().optional(),
        }),
      ),
    })
    .refine(
      ({ axes, runs }) => runs.every((run) => axes.every(({ name }) => Object.hasOwn(run.labels, name))),
      { path: ['runs'], error: 'must have a label on each axis' },
    )
}

/**
 * Reads comparison.json.
 *
 * @param folder - of a comparison
 * @returns undefined where there is no such file
 * @throws {@link UsageError} when it holds something else
 */
export async function readComparisonFile(folder: string): Promise<Comparison | undefined> {
  const path = join(folder, 'comparison.json')
  let value: unknown
  try {
    value = JSON.parse(await readRegularText(path))
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new UsageError(`${path} must be what kd compare writes, got ${code}`)
  }
  const unit = (value as { readonly figure?: { readonly unit?: unknown } } | null)?.figure?.unit ?? 'share'
  const numbers = unit === 'share' ? share : z.number()
  const found = comparisonFile(numbers).safeParse(value)
  if (found.success) return found.data as Comparison
  const { path: where, message } = found.error.issues[0]!
  throw new UsageError(`${path} must be what kd compare writes, got ${where.join('.')}: ${message}`)
}
