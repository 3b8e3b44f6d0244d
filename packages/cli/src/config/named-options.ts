import type { OptionsSchema } from '@kd/core'
import * as z from 'zod'

/** Something with a name and the options that go with it; what these can be says `kd-config.schema.json`. */
export interface NamedOptions {
  readonly name: string
  readonly [option: string]: unknown
}

/** Named things that say what their options are; one without `options` takes any, which it checks itself. */
export type OptionsByName = Readonly<Record<string, { readonly options?: OptionsSchema | undefined }>>

/** Further keys that stand beside the options of each named thing. */
type Beside = (name: string) => z.core.$ZodShape

/**
 * Makes the schema of `{ name: …, ...options }` from a map of names, so that an option of another name is an error.
 *
 * @param entries - at least one
 * @param beside - further keys of each name
 * @returns a union told apart by `name`
 */
export function namedSchema(
  entries: OptionsByName,
  beside: Beside = () => ({}),
): z.ZodType<NamedOptions, NamedOptions> {
  const forms = Object.entries(entries).map(([name, { options }]) => formOf(name, options, beside(name)))
  return z.discriminatedUnion('name', forms as unknown as [z.ZodObject]) as unknown as z.ZodType<
    NamedOptions,
    NamedOptions
  >
}

function formOf(
  name: string,
  options: OptionsSchema | undefined,
  beside: z.core.$ZodShape,
): z.ZodObject | z.ZodDiscriminatedUnion {
  if (options === undefined) return z.looseObject({ name: z.literal(name), ...beside })
  const { def } = options._zod
  // The schema may be of zod's small form or of its large one: both say the same of themselves.
  if (def.type === 'object') return z.strictObject({ name: z.literal(name), ...def.shape, ...beside })
  const { discriminator, options: forms } = def as unknown as {
    readonly discriminator: string
    readonly options: readonly OptionsSchema[]
  }
  return z.discriminatedUnion(
    discriminator,
    forms.map((form) => formOf(name, form, beside)) as unknown as [z.ZodObject],
  )
}
