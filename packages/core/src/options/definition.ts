import * as z from 'zod/mini'
import type { OptionsSchema } from './options.js'

/** A map of options, or a union of such maps. */
export type OptionsShape = Readonly<Record<string, z.core.$ZodType>> | OptionsSchema

/** The options as a caller gives them, before defaults are filled in. */
export type OptionsInput<Shape extends OptionsShape> = Shape extends z.core.$ZodType
  ? z.core.input<Shape>
  : Shape extends Readonly<Record<string, z.core.$ZodType>>
    ? keyof Shape extends never
      ? // eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a definition without options
        Readonly<Record<never, never>>
      : z.core.input<z.ZodMiniObject<Shape>>
    : never

/** The options with all defaults filled in. */
export type OptionsOutput<Shape extends OptionsShape> = Shape extends z.core.$ZodType
  ? z.core.output<Shape>
  : Shape extends Readonly<Record<string, z.core.$ZodType>>
    ? keyof Shape extends never
      ? // eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a definition without options
        Readonly<Record<never, never>>
      : z.core.output<z.ZodMiniObject<Shape>>
    : never

/** What every definition says. Types, checks, `kd list`, the JSON Schema and READMEs are made from it. */
export interface Definition<Shape extends OptionsShape> {
  /** The name in configs, logs and reports, in kebab-case. */
  readonly name: string
  /** What it does, in one line. */
  readonly summary: string
  /** The source of what is defined: authors, title, where published. */
  readonly source?: string
  /** Each option with its default and a line of text. */
  readonly options: Shape
}

/** Makes a schema of options that were declared in either way. It refuses any other option. */
export function optionsSchema(options: OptionsShape): OptionsSchema {
  return options instanceof z.ZodMiniType ? options : z.strictObject(options)
}

/** Whether a value is a factory that says its name, what it does and its options, as all definitions do. */
export function isDescribed(
  value: unknown,
): value is Definition<OptionsShape> & { readonly options: OptionsSchema } {
  return typeof value === 'function' && 'summary' in value && 'options' in value
}
