import * as z from 'zod'
import { builtIn } from './catalogue.js'
import { configSchema } from './config-schema.js'

/**
 * The JSON Schema of a config as a person writes it, with which editors complete and check it.
 *
 * @returns draft 7, the newest that the YAML server of editors understands in full
 */
export function configJsonSchema(): object {
  const { properties = {}, ...schema } = z.toJSONSchema(configSchema(builtIn), {
    io: 'input',
    target: 'draft-7',
    reused: 'ref',
    // A program can give functions where a file gives names.
    unrepresentable: 'any',
  })
  const { method, ...others } = properties
  const named = { type: 'object', required: ['name'] }
  return {
    ...schema,
    title: 'kd config',
    properties: { ...others, method: named },
    // Only beside a plugin can a method have another name.
    if: { required: ['plugin'] },
    else: { properties: { method } },
  }
}
