import * as z from 'zod'
import { builtIn } from './catalogue.js'
import { anchorKeys } from './config-content.js'
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
  const { dataset, task, student, teachers, method, ...others } = properties
  const named = { type: 'object', required: ['name'] }
  return {
    ...schema,
    title: 'kd config',
    properties: {
      dataset: named,
      task: named,
      student: { type: 'object', required: ['model'], properties: { model: { type: 'object' } } },
      teachers: { type: 'array', items: { type: 'object' } },
      method: named,
      ...others,
    },
    patternProperties: { [anchorKeys.source]: {} },
    // Only beside a plugin can something have a name that is not built in, with options that are not known here.
    if: { required: ['plugin'] },
    else: { properties: { dataset, task, student, teachers, method } },
  }
}
