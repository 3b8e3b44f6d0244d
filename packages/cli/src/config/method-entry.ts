import type { DistillationMethod } from '@kd/core'
import { withRevisedTeacher } from '@kd/losses'
import type { AdaptiveMixing, MixingUpdate } from '@kd/meta-mixing'
import type { SeenExamples } from '@kd/selection'
import * as z from 'zod'
import type { OptionsSchema } from './named-options.js'

/** Is told about weights that a method learns for each example. */
export interface MixingListener {
  /** Takes the method whose weights are logged. */
  follow(method: AdaptiveMixing): void
  /** Takes an update of the weights. */
  update(update: MixingUpdate): void
}

/** Which training examples Data Selection chose. */
export interface SelectionChoice {
  readonly train: Pick<SeenExamples, 'ids' | 'labels'>
  /** [N] */
  readonly scores: ArrayLike<number>
  /** [N] 1 for those that are distilled. */
  readonly mask: ArrayLike<number>
}

/** Is told about choices of Data Selection. */
export interface SelectionListener {
  /** Takes a choice. */
  chose(choice: SelectionChoice): void
}

/** What a method may want to know of the run that it is made for. */
export interface MethodRun {
  /** How many teachers it has. */
  readonly teachers: number
  readonly batchSize: number
  readonly seed: number
  readonly mixing: MixingListener
  readonly selection: SelectionListener
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
