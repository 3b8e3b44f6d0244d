import type { OptionsSchema } from '@kd/core'
import * as z from 'zod/mini'

/** What a JSON Schema says of one option. */
interface OptionSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly OptionSchema[]
  readonly items?: OptionSchema | false
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** A map of options. */
interface OptionsForm {
  readonly properties: Readonly<Record<string, OptionSchema>>
  readonly required?: readonly string[]
}

/**
 * Says in Markdown what options there are: one table, or one for each form of a union.
 *
 * @param options - the declaration of a factory
 * @returns tables that prettier has not yet aligned
 */
export function optionTables(options: OptionsSchema): string {
  const schema = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as unknown as
    OptionsForm | { readonly oneOf: readonly OptionsForm[] }
  if (!('oneOf' in schema)) return formTable(schema)
  const { discriminator } = options._zod.def as unknown as { readonly discriminator: string }
  return schema.oneOf
    .map((form) => {
      const { const: value, default: preset, description } = form.properties[discriminator]!
      const { [discriminator]: _, ...others } = form.properties
      return [
        `With \`${discriminator}: ${literal(value)}\`${preset === undefined ? '' : ', the default'} (${description}):`,
        formTable({ ...form, properties: others }),
      ].join('\n\n')
    })
    .join('\n\n')
}

/**
 * Names options in one line.
 *
 * @param options - the declaration of a factory
 * @returns their names, and which of them must be given
 */
export function optionNames(options: OptionsSchema): string {
  const { properties, required } = z.toJSONSchema(options, {
    io: 'input',
    unrepresentable: 'any',
  }) as unknown as OptionsForm
  return Object.keys(properties)
    .map((name) => `\`${name}\`${required?.includes(name) ? ' (required)' : ''}`)
    .join(', ')
}

/** A row of cells; a bar in a text would end its cell. */
function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** A table with a line under its head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n')
}

function formTable({ properties, required }: OptionsForm): string {
  const rows = Object.entries(properties).map(([name, schema]) => [
    `\`${name}\``,
    required?.includes(name) ? 'required' : shownDefault(schema.default),
    values(schema),
    schema.description ?? '',
  ])
  return rows.length === 0 ? 'There are no options.' : table(['option', 'default', 'values', 'meaning'], rows)
}

function shownDefault(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value).replaceAll(',', ', ') : `\`${literal(value)}\``
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** Which values are allowed. */
function values(schema: OptionSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(values).join(', or ')
  const names = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  if (names !== undefined) return alternatives(names.map((value) => `\`${literal(value)}\``))
  switch (schema.type) {
    case 'boolean':
      return '`true` or `false`'
    case 'number':
      return range(schema)
    case 'integer':
      return ['whole', range(schema)].join(' ').trim()
    case 'string':
      return 'text'
    case 'array':
      return schema.items
        ? ['list', values(schema.items) && `of ${values(schema.items)}`].join(' ').trim()
        : 'list'
    case undefined:
    default:
      return ''
  }
}

function alternatives(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`
}

/** An interval, or one limit. The limits that JSON has for whole numbers are none of an option. */
function range(schema: OptionSchema): string {
  const low = schema.exclusiveMinimum ?? within(schema.minimum)
  const high = schema.exclusiveMaximum ?? within(schema.maximum)
  const [opens, closes] = [schema.exclusiveMinimum === undefined, schema.exclusiveMaximum === undefined]
  if (low !== undefined && high !== undefined) {
    return `in ${opens ? '[' : '('}${low}, ${high}${closes ? ']' : ')'}`
  }
  if (low !== undefined) return `${opens ? '>=' : '>'} ${low}`
  if (high !== undefined) return `${closes ? '<=' : '<'} ${high}`
  return schema.type === 'number' ? 'number' : ''
}

function within(limit: number | undefined): number | undefined {
  return limit === undefined || Math.abs(limit) === Number.MAX_SAFE_INTEGER ? undefined : limit
}
