import { Ajv } from 'ajv'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { comparisonJsonSchema } from './comparison-json-schema.js'
import { readComparison } from './read-comparison.js'

const root = join(import.meta.dirname, '../../../../..')
const validate = new Ajv({ allErrors: true, strict: false }).compile(comparisonJsonSchema())

describe('comparisonJsonSchema', () => {
  it('is what the package publishes (npm run schema -w @kd/cli writes it)', async () => {
    const text = await format(JSON.stringify(comparisonJsonSchema()), { parser: 'json', printWidth: 110 })
    await expect(text).toMatchFileSnapshot('../../../schema/kd-comparison.schema.json')
  })

  it('accepts every comparison of the examples, as kd does', async () => {
    const found = await readdir(join(root, 'examples'), { recursive: true })
    const names = found.filter(
      (name) => /(^|[/\\])compare[^/\\]*\.ya?ml$/.test(name) && !/node_modules|runs/.test(name),
    )
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) {
      const path = join(root, 'examples', name)
      const text = await readFile(path, 'utf8')
      expect(text, name).toMatch(/^# yaml-language-server: \$schema=\S+kd-comparison\.schema\.json\n/)
      expect(validate(parse(text)), `${name} ${JSON.stringify(validate.errors)}`).toBe(true)
      await expect(readComparison(path, []), name).resolves.toBeDefined()
    }
  })

  const base = { dataset: { name: 'digits' }, student: { model: { name: 'mlp' } }, training: { epochs: 1 } }
  const methods = { KD: { name: 'vanilla-kd' } }
  it.each([
    ['an unknown key', { base, metods: methods }],
    ['an unknown key of the base', { base: { ...base, studnet: {} }, methods }],
    ['an unknown method', { base, methods: [{ name: 'vanila-kd' }] }],
    ['an unknown data set', { base, methods, datasets: [{ name: 'digitz' }] }],
    ['an unknown data set of the base', { base: { ...base, dataset: { name: 'digitz' } }, methods }],
    ['an unknown model of the base', { base: { ...base, student: { model: { name: 'mpl' } } }, methods }],
    ['no base', { methods }],
    ['no values', { base, methods: [] }],
    ['half a seed', { base, methods, seeds: 2.5 }],
  ])('refuses %s', (_, comparison) => {
    expect(validate(comparison)).toBe(false)
  })

  it.each([
    ['a base in a file', { base: 'kd.yaml', methods: [{ name: 'mine' }] }],
    [
      'a plugin with methods of its own',
      { base: { ...base, plugin: './p.mjs' }, methods: { mine: { name: 'mine' } } },
    ],
    [
      'a plugin with data sets and models of its own',
      {
        base: { ...base, plugin: './p.mjs', student: { model: { name: 'mine' } } },
        datasets: [{ name: 'mine', side: 3 }],
        methods,
      },
    ],
    [
      'any key as an axis',
      { base, axes: { 'student.model.hiddenUnits': [[8], [16]] }, baseline: { method: 'KD' } },
    ],
  ])('accepts %s', (_, comparison) => {
    expect(validate(comparison)).toBe(true)
  })
})
