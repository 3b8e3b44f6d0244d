import * as z from 'zod'

const label = z.string().min(1).max(100)
const values = z.union([z.array(z.unknown()).min(1), z.record(label, z.unknown())])

/** More runs than anybody compares; a slip of the pen in an axis is found before anything starts. */
export const MAX_RUNS = 10_000

/** A comparison as a person writes it. What stands at an axis is checked where it is put into a config. */
export const comparisonSchema = z.strictObject({
  base: z
    .union([z.string().min(1), z.looseObject({})])
    .describe('what all runs have in common: a config, or the path of one'),
  methods: values.optional().describe('values of method: a list, or a map from names in the table to values'),
  datasets: values.optional().describe('values of dataset, each in place of the whole of it'),
  axes: z
    .record(z.string().min(1), values)
    .optional()
    .describe('values of any other key of a config, by its dotted name, such as student.model.hiddenUnits'),
  seeds: z
    .union([z.int().min(1).max(MAX_RUNS), z.array(z.int()).min(1)])
    .default(5)
    .describe('how many, from 0, or which'),
  baseline: z
    .union([label, z.record(label, label)])
    .optional()
    .describe('what differences are taken to: the name of a method, or a map from axes to names'),
})

/** A comparison's content. */
export interface ComparisonInput {
  /** A config that need not be complete, or the path of one. */
  readonly base: string | Readonly<Record<string, unknown>>
  readonly methods?: AxisInput
  readonly datasets?: AxisInput
  readonly axes?: Readonly<Record<string, AxisInput>>
  /** @defaultValue 5 */
  readonly seeds?: number | readonly number[]
  readonly baseline?: string | Readonly<Record<string, string>>
}

/** Values to compare, with the names that a table gives them or without. */
export type AxisInput = readonly unknown[] | Readonly<Record<string, unknown>>
