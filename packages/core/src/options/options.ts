// From its own module: `z.core` as a value would bring all of zod into every bundle.
import { $ZodDiscriminatedUnion, $ZodObject } from 'zod/v4/core'
import * as z from 'zod/mini'
import { InvalidArgumentError } from '../errors.js'

/**
 * How options are declared: a map from names to schemas of zod's small form (`zod/mini`), each with its default and a line of
 * text, or a union of such maps told apart by one option.
 */
export type OptionsSchema = z.ZodMiniObject | z.ZodMiniDiscriminatedUnion<readonly z.ZodMiniObject[]>

/** A schema with a default and a line of text for `kd list`, the JSON Schema and READMEs. */
export function option<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: z.core.util.NoUndefined<z.core.output<Schema>>,
  text: string,
): z.ZodMiniDefault<Schema> {
  const made = z._default(schema, value)
  z.globalRegistry.add(made, { description: text })
  return made
}

/** A schema that may be left out, with a line of text; the line says what then holds. */
export function optionalOption<Schema extends z.core.$ZodType>(
  schema: Schema,
  text: string,
): z.ZodMiniOptional<Schema> {
  const made = z.optional(schema)
  z.globalRegistry.add(made, { description: text })
  return made
}

/** A schema that must be given, with a line of text. */
export function requiredOption<Schema extends z.core.$ZodType>(schema: Schema, text: string): Schema {
  // A copy, or every other option of the same schema would have this text.
  const made = z.clone<Schema>(schema)
  z.globalRegistry.add(made, { description: text })
  return made
}

/** Lets a list be given as a readonly one and promises not to change it; the schema itself stays as it is. */
export function readonlyList<Schema extends z.core.$ZodType<readonly unknown[], readonly unknown[]>>(
  schema: Schema,
): z.ZodMiniType<Readonly<z.core.output<Schema>>, Readonly<z.core.input<Schema>>> {
  return schema as never
}

/** A finite number > 0. */
export function positive(value: number, text: string): z.ZodMiniDefault<z.ZodMiniNumber<number>> {
  return option(z.number().check(z.positive()), value, text)
}

/** A finite number >= 0 that a term of a loss is multiplied by. */
export function weight(value: number, text: string): z.ZodMiniDefault<z.ZodMiniNumber<number>> {
  return option(z.number().check(z.minimum(0)), value, text)
}

/** The temperature that softens a softmax, > 0. */
export function temperature(
  value: number,
  text = 'softens teacher and student',
): z.ZodMiniDefault<z.ZodMiniNumber<number>> {
  return positive(value, text)
}

/** A number in [0, 1], or in an interval that leaves ends out. */
export function fraction(
  value: number,
  text: string,
  { above = false, below = false }: { readonly above?: boolean; readonly below?: boolean } = {},
): z.ZodMiniDefault<z.ZodMiniNumber<number>> {
  const schema = z.number().check(above ? z.gt(0) : z.gte(0), below ? z.lt(1) : z.lte(1))
  return option(schema, value, text)
}

/** A whole number from a least one on. */
export function count(value: number, text: string, least = 1): z.ZodMiniDefault<z.ZodMiniNumberFormat> {
  return option(z.int().check(z.minimum(least)), value, text)
}

/** True or false. */
export function flag(value: boolean, text: string): z.ZodMiniDefault<z.ZodMiniBoolean<boolean>> {
  return option(z.boolean(), value, text)
}

/** One of several names. */
export function choice<const Names extends readonly [string, ...string[]]>(
  names: Names,
  value: Names[number],
  text: string,
): z.ZodMiniDefault<z.ZodMiniEnum<{ [Name in Names[number]]: Name }>> {
  return option(z.enum(names), value as never, text)
}

/**
 * Checks options and fills in their defaults.
 *
 * @param functionName - what the message begins with
 * @param schema - how they are declared
 * @param options - as they were given; an option that is undefined counts as left out
 * @returns all options
 * @throws {@link InvalidArgumentError} that names the first option which breaks a rule, the rule and what was found
 */
export function parseOptions<Schema extends z.core.$ZodType>(
  functionName: string,
  schema: Schema,
  options: unknown,
): z.core.output<Schema> {
  const result = z.safeParse(schema, options ?? {}, { reportInput: true, error: knownKeys })
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const { path, rule, hint } = explainOptionIssue(issue)
  const fullHint = [otherForm(schema, issue), hint].filter((text) => text !== undefined).join('; ')
  throw new InvalidArgumentError(
    `${functionName}: ${optionName(path) || 'options'} ${rule}`,
    fullHint === '' ? {} : { hint: fullHint },
  )
}

/** Which form of a union an unknown option belongs to, if it does to one. */
function otherForm(schema: z.core.$ZodType, issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || !(schema instanceof $ZodDiscriminatedUnion)) {
    return undefined
  }
  const [key] = issue.keys
  const { discriminator, options } = schema._zod.def
  const form = options.find((option) => Object.hasOwn((option as z.ZodMiniObject).shape, key!))
  const [name] = form?._zod.propValues?.[discriminator] ?? []
  return name === undefined ? undefined : `it is an option of ${discriminator} ${String(name)}`
}

/**
 * Passed to a parse of zod: lets the issue of an unknown key carry the keys that are known.
 *
 * @param issue - while it is being made
 * @returns the message, or undefined for zod's own
 */
export const knownKeys: z.core.$ZodErrorMap = (issue) =>
  issue.code === 'unrecognized_keys' && issue.inst instanceof $ZodObject
    ? Object.keys(issue.inst._zod.def.shape).join(' ')
    : undefined

/** What is wrong with an option. */
interface OptionProblem {
  readonly path: readonly PropertyKey[]
  /** The rule that is broken and what was found: `must be > 0, got -1`. */
  readonly rule: string
  readonly hint?: string
}

/** Puts an issue of a parse with `error: knownKeys` and `reportInput: true` into our words. */
function explainOptionIssue(issue: z.core.$ZodIssue): OptionProblem {
  const { path } = issue
  const got = `got ${shownValue(issue.input)}`
  switch (issue.code) {
    case 'invalid_type':
      return { path, rule: `must be ${typeName(issue.expected)}, ${got}` }
    case 'too_small':
    case 'too_big':
      return { path, rule: `${rangeRule(issue)}, ${got}` }
    case 'invalid_value':
      return { path, rule: `must be ${issue.values.map(String).join(' or ')}, ${got}` }
    case 'unrecognized_keys': {
      const known = issue.message.split(' ').filter((name) => name !== '')
      return {
        path: [...path, issue.keys[0]!],
        rule: `must not be given, got ${shownValue(issue.input?.[issue.keys[0]!])}`,
        hint: known.length === 0 ? 'there are no options' : `the options are ${known.join(', ')}`,
      }
    }
    case 'invalid_union': {
      const { discriminator, options } = issue as { discriminator?: string; options?: unknown[] }
      if (discriminator !== undefined) {
        const given = (issue.input as Record<string, unknown> | undefined)?.[discriminator]
        const names = (options ?? []).filter((name) => name !== undefined).map(String)
        return {
          path: path.at(-1) === discriminator ? path : [...path, discriminator],
          rule: `must be ${names.join(' or ')}, got ${shownValue(given)}`,
        }
      }
      const rules = issue.errors.flatMap((issues) => issues.map((inner) => explainOptionIssue(inner).rule))
      return {
        path,
        rule: [...new Set(rules.map((rule) => rule.replace(/, got .*$/s, '')))].join(', or ') + `, ${got}`,
      }
    }
    case 'custom':
      return { path, rule: issue.message }
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
      return { path, rule: `must be right (${issue.code}), ${got}` }
  }
}

/** `a.b[2]` of a path. */
function optionName(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`,
    )
    .join('')
}

/** A value as a message shows it. */
function shownValue(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value === '' ? "''" : value
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const typeNames: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  object: 'a map of keys and values',
  array: 'a list',
  tuple: 'a list',
}

/**
 * What a message calls a type of zod.
 *
 * @param expected - as an issue of type `invalid_type` has it
 * @returns such as `a whole number`; the name itself where there is none
 */
export function typeName(expected: string): string {
  return typeNames[expected] ?? expected
}

/**
 * The rule that a number, a text or a list out of range breaks.
 *
 * @param issue - from a parse
 * @returns such as `must be > 0`
 */
export function rangeRule(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const isSmall = issue.code === 'too_small'
  const limit = isSmall ? issue.minimum : issue.maximum
  const least = `must have ${isSmall ? 'at least' : 'at most'} ${limit}`
  if (issue.origin === 'array') return `${least} entries`
  if (issue.origin === 'string') return isSmall && limit === 1 ? 'must not be empty' : `${least} characters`
  return `must be ${isSmall ? '>' : '<'}${issue.inclusive === false ? '' : '='} ${limit}`
}
