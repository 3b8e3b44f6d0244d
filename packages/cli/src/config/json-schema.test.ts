import { Ajv } from 'ajv'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { preparation } from './data-preparation-schema.js'
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

  it.each([
    ['a method', { method: { name: 'mine', strength: 3 } }],
    ['a data set', { dataset: { name: 'mine', side: 3 } }],
    ['a model', { student: { model: { name: 'mine' } } }],
    ['a teacher', { teachers: [{ teacher: { name: 'mine', address: 'there' } }] }],
    ['a task', { task: { name: 'mine' } }],
  ])('lets a plugin bring %s, and nothing else', (_, brought) => {
    expect(validate({ ...good, plugin: './mine.mjs', ...brought })).toBe(true)
    const isTeacher = 'teachers' in brought
    expect(validate({ ...good, ...brought })).toBe(isTeacher)
  })

  it('says of each option that a package declares what it is, and what it is unless given', () => {
    const schema = configJsonSchema() as {
      else: { properties: Record<string, Part> }
      definitions: Record<string, Part>
    }
    const resolved = (part: Part): Part => {
      const references = [part.$ref, part.allOf?.[0]?.$ref].filter((name) => name !== undefined)
      return references.reduce<Part>(
        (all, name) => ({ ...resolved(schema.definitions[name.split('/').at(-1)!]!), ...all }),
        part,
      )
    }
    const optionsOf = (section: Part): Record<string, Part>[] => {
      const { oneOf, anyOf, properties } = resolved(section)
      const forms = [oneOf ?? [], anyOf ?? []].flat()
      if (forms.length > 0) return forms.flatMap(optionsOf)
      // A model of a file is the one thing without a name.
      return properties !== undefined && 'file' in properties ? [] : [properties ?? {}]
    }
    const { method, dataset, student, task } = schema.else.properties
    const sections = { method, dataset, model: resolved(student!).properties!['model'], task }
    for (const [section, part] of Object.entries(sections)) {
      const forms = optionsOf(part!)
      expect(forms.length, section).toBeGreaterThan(2)
      for (const form of forms) {
        const { name, ...options } = form
        expect(typeof name!.const, section).toBe('string')
        for (const [option, found] of Object.entries(options)) {
          const where = `${section} ${String(name!.const)} ${option}`
          const { description, ...others } = resolved(found)
          expect(others, where).not.toEqual({})
          if (!beside.includes(option)) expect(description, where).toMatch(/\w/)
        }
      }
    }
    const vanilla = optionsOf(method!).find(({ name }) => name!.const === 'vanilla-kd')!
    expect(resolved(vanilla['temperature']!)).toEqual({
      default: 4,
      description: 'softens teacher and student',
      type: 'number',
      exclusiveMinimum: 0,
    })
  })
})

/** What a config asks of any data set. */
const beside: readonly string[] = Object.keys(preparation)

interface Part {
  readonly $ref?: string
  readonly allOf?: readonly Part[]
  readonly oneOf?: readonly Part[]
  readonly anyOf?: readonly Part[]
  readonly properties?: Readonly<Record<string, Part>>
  readonly const?: unknown
  readonly description?: string
}
