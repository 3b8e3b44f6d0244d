import * as z from 'zod'
import { anchorKeys } from '../../config/config-content.js'
import { configJsonSchema } from '../../config/json-schema.js'
import { comparisonSchema } from './comparison-schema.js'

type Schema = Record<string, unknown>

/**
 * The JSON Schema of a comparison as a person writes it, with which editors complete and check it.
 *
 * @param own - the schema, for something that has keys beside those of a comparison
 * @param title - of what it describes
 * @returns draft 7, as that of configs
 */
export function comparisonJsonSchema(
  own: typeof comparisonSchema = comparisonSchema,
  title: string = 'kd comparison',
): object {
  const { properties = {}, ...schema } = z.toJSONSchema(own, { io: 'input', target: 'draft-7' })
  const config = configJsonSchema() as {
    properties: Schema
    definitions?: Schema
    if: Schema
    else: { properties: { dataset: Schema; method: Schema } }
  }
  const describe = (name: string): unknown => (properties[name] as Schema)['description']
  // A base need not be complete: axes give what it lacks.
  const base = {
    type: 'object',
    properties: config.properties,
    additionalProperties: false,
    if: config.if,
    else: config.else,
  }
  const { dataset, method } = config.else.properties
  return {
    ...schema,
    title,
    properties: {
      ...properties,
      base: { anyOf: [{ type: 'string', minLength: 1 }, base], description: describe('base') },
      datasets: { ...valuesOf(config.properties['dataset']), description: describe('datasets') },
    },
    patternProperties: { [anchorKeys.source]: {} },
    // Only beside a plugin, which a base in a file of its own may name, can something have a name that is not built in.
    if: { properties: { base: { type: 'object', not: { required: ['plugin'] } } } },
    then: { properties: { datasets: valuesOf(dataset), methods: valuesOf(method) } },
    ...(config.definitions && { definitions: config.definitions }),
  }
}

function valuesOf(schema: unknown): Schema {
  return {
    anyOf: [
      { type: 'array', minItems: 1, items: schema },
      { type: 'object', additionalProperties: schema },
    ],
  }
}
