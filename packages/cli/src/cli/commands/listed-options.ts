import type { OptionsSchema } from '@kd/core'
import * as z from 'zod'

/** One option as a list shows it. */
export interface ListedOption {
  readonly name: string
  /** What it can be: names with bars between them, or the kind of value. */
  readonly values: string
  /** What holds when it is left out; absent where the text says that, or it must be given. */
  readonly default?: unknown
  readonly required: boolean
  readonly text: string
  /** The form that has it, such as `loss: kl`; absent where all forms have it. */
  readonly form?: string
}

type Property = z.core.JSONSchema.BaseSchema & { readonly const?: unknown }

/**
 * Lists the options that a definition declares.
 *
 * @param schema - the options of a method, model, data set or task
 * @returns one entry for each option; an option that differs between the forms of a union has one for each of them
 */
export function listedOptions(schema: OptionsSchema): ListedOption[] {
  const whole = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const forms = (whole.oneOf ?? [whole]) as readonly z.core.JSONSchema.BaseSchema[]
  const { discriminator } = schema._zod.def as { readonly discriminator?: string }
  const found = forms.flatMap((form) => {
    const properties = (form.properties ?? {}) as Readonly<Record<string, Property>>
    const kind = discriminator === undefined ? undefined : properties[discriminator]?.const
    return Object.entries(properties).map(([name, property]) => ({
      option: optionOf(name, property, form.required?.includes(name) === true),
      form: name === discriminator ? undefined : `${discriminator}: ${String(kind)}`,
    }))
  })
  const options: ListedOption[] = []
  const listed = new Set<string>()
  for (const { option, form } of found) {
    const text = JSON.stringify(option)
    if (listed.has(text)) continue
    listed.add(text)
    const sharedBy = found.filter((other) => JSON.stringify(other.option) === text).length
    options.push(sharedBy === forms.length || form === undefined ? option : { ...option, form })
  }
  return options
}

function optionOf(name: string, property: Property, required: boolean): ListedOption {
  const { default: value, description = '' } = property
  return {
    name,
    values: valuesOf(property),
    ...(value !== undefined && { default: value }),
    required: required && value === undefined,
    text: description,
  }
}

function valuesOf(property: Property): string {
  if (property.const !== undefined) return String(property.const)
  if (property.enum !== undefined) return property.enum.map(String).join(' | ')
  const alternatives = (property.anyOf ?? property.oneOf) as readonly Property[] | undefined
  if (alternatives !== undefined) return [...new Set(alternatives.map(valuesOf))].join(' | ')
  const types: readonly string[] = [property.type ?? 'any value'].flat()
  return types.map((type) => typeNames[type] ?? type).join(' | ')
}

/** How a person calls the types of JSON Schema. */
const typeNames: Readonly<Record<string, string>> = {
  integer: 'whole number',
  string: 'text',
  boolean: 'true | false',
  array: 'list',
  object: 'map',
}
