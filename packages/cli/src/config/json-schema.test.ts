import { Ajv } from 'ajv'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema } from './json-schema.js'
import { readConfig } from './read-config.js'

const root = join(import.meta.dirname, '../../../..')
const validate = new Ajv({ allErrors: true, strict: false }).compile(configJsonSchema())

describe('configJsonSchema', () => {
  it('is what the package publishes (npm run schema -w @kd/cli writes it)', async () => {
    const text = await format(JSON.stringify(configJsonSchema()), { parser: 'json', printWidth: 110 })
    await expect(text).toMatchFileSnapshot('../../schema/kd-config.schema.json')
  })

  it('accepts every config of the examples, as kd does', async () => {
    const found = await readdir(join(root, 'examples'), { recursive: true })
    const configs = found.filter(
      (name) =>
        /\.ya?ml$/.test(name) && !/node_modules|runs|(^|[/\\])(compare|bias-variance)[^/\\]*$/.test(name),
    )
    expect(configs.length).toBeGreaterThan(0)
    for (const name of configs) {
      const text = await readFile(join(root, 'examples', name), 'utf8')
      expect(text, name).toMatch(/^# yaml-language-server: \$schema=\S+kd-config\.schema\.json\n/)
      expect(validate(parse(text)), `${name} ${JSON.stringify(validate.errors)}`).toBe(true)
      await expect(readConfig(join(root, 'examples', name)), name).resolves.toBeDefined()
    }
  })

  const good = { dataset: { name: 'digits' }, student: { model: { name: 'mlp' } } }
  it.each([
    ['an unknown key', { ...good, studnet: {} }],
    ['an unknown method', { ...good, method: { name: 'vanila-kd' } }],
    ['an option of another method', { ...good, method: { name: 'label-revision', temperature: 3 } }],
    ['a temperature of 0', { ...good, method: { name: 'vanilla-kd', temperature: 0 } }],
    ['a teacher with a run and weights', { ...good, teachers: [{ run: 'a', weights: 'b' }] }],
    ['no data set', { student: good.student }],
  ])('refuses %s', (_, config) => {
    expect(validate(config)).toBe(false)
  })

  it('lets a plugin name methods', () => {
    expect(validate({ ...good, plugin: './mine.mjs', method: { name: 'mine', strength: 3 } })).toBe(true)
  })
})
