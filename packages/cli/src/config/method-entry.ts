import type { DistillationMethod } from '@kd/core'
import { withRevisedTeacher } from '@kd/losses'
import * as z from 'zod'
import type { MixingLog } from '../run/mixing-log.js'
import type { SelectionLog } from '../run/selection-log.js'
import type { OptionsSchema } from './named-options.js'

/** What a method may want to know of the run that it is made for. */
export interface MethodRun {
  /** How many teachers it has. */
  readonly teachers: number
  readonly batchSize: number
  readonly seed: number
  /** Told about weights that are learned per example. */
  readonly mixing: MixingLog
  /** Told about choices of Data Selection. */
  readonly selection: SelectionLog
}

/** Makes a method from options checked by its schema. */
export type MakeMethod<Options> = (options: Options, run: MethodRun) => DistillationMethod

/** What a config's method name stands for. */
export interface MethodEntry {
  readonly summary: string
  readonly options: OptionsSchema
  readonly make: MakeMethod<never>
}

/** Lets `make` know the options of its own schema. */
export function method<Options extends OptionsSchema>(
  summary: string,
  options: Options,
  make: MakeMethod<z.output<Options>>,
): { summary: string; options: Options; make: typeof make } {
  return { summary, options, make }
}

/** Option of a temperature with its default. */
export const temperature = (value: number) =>
  z.number().positive().default(value).describe('softens teacher and student')
/** Option of a term's weight with its default. */
export const weight = (value: number) => z.number().min(0).default(value)
/** Option of methods that ramp the teacher up. */
export const warmupEpochs = weight(20).describe(
  "epochs over which the teacher's terms grow to their weights; 0 for none",
)
/** Options of Label Revision. */
export const revision = {
  eta: z.number().gt(0).lt(1).default(0.8).describe('share of the largest admissible part of the teacher'),
  scope: z.enum(['wrong-only', 'all']).default('wrong-only').describe('which examples are revised'),
}

/** Option of methods made by {@link revisable}. */
export const reviseTeacher = z
  .strictObject(revision)
  .optional()
  .describe('Label Revision of the teacher before this method reads it')

/** Adds Label Revision in front of a method that reads the teacher at one temperature. */
export function revisable<Options extends { readonly temperature: number }>(
  make: MakeMethod<Options>,
): MakeMethod<Options & { reviseTeacher?: z.output<typeof reviseTeacher> }> {
  return ({ reviseTeacher: settings, ...options }, run) => {
    const plain = make(options as unknown as Options, run)
    return settings === undefined
      ? plain
      : withRevisedTeacher(plain, { ...settings, temperature: options.temperature })
  }
}
