import { Ajv } from 'ajv'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { comparisonJsonSchema } from '../compare/comparison-json-schema.js'
import { biasVarianceSchema } from './bias-variance-schema.js'
import { readBiasVariance } from './read-bias-variance.js'

const schema = comparisonJsonSchema(biasVarianceSchema, 'kd analysis of bias and variance')
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema)

describe('the JSON Schema of analyses', () => {
  it('is what the package publishes (npm run schema -w @kd/cli writes it)', async () => {
    const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 110 })
    await expect(text).toMatchFileSnapshot('../../../schema/kd-bias-variance.schema.json')
  })

  it('accepts the example, as kd does', async () => {
    const path = join(import.meta.dirname, '../../../../../examples/digits/bias-variance.yaml')
    const text = await readFile(path, 'utf8')
    expect(text).toMatch(/^# yaml-language-server: \$schema=\S+kd-bias-variance\.schema\.json\n/)
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true)
    const { repeats, splits } = await readBiasVariance(path, { overrides: [] })
    expect([repeats.length, splits]).toEqual([25, 5])
  })

  it.each([{ splits: 1 }, { splits: 2.5 }, { spilts: 2 }])('refuses %o', (wrong) => {
    expect(validate({ base: 'kd.yaml', methods: [{ name: 'vanilla-kd' }], ...wrong })).toBe(false)
  })
})
