import { describe, expect, it } from 'vitest'
import { ConfigDocument } from './config-document.js'
import { ConfigError } from './config-error.js'
import { parseOverride } from './override.js'
import { readConfig } from './read-config.js'

describe('ConfigError', () => {
  it('stays readable for what is no config at all', async () => {
    const teachers = Array.from({ length: 2000 }, (_, index) => index)
    const config = { dataset: { name: 'digits' }, student: { model: { name: 'mlp' } }, teachers }
    const error: unknown = await readConfig(config as never).catch((reason: unknown) => reason)
    expect((error as ConfigError).problems).toHaveLength(2000)
    expect((error as ConfigError).message.split('\n')).toHaveLength(31)
    expect((error as ConfigError).message).toMatch(/teachers\.29 [^\n]*\nand 1970 more problems$/)
  })

  it('does not repeat an override that goes on and on', () => {
    const text = `seed=${': '.repeat(50_000)}`
    expect(() => parseOverride(text)).toThrow(ConfigError)
    try {
      parseOverride(text)
    } catch (error) {
      expect((error as ConfigError).message.length).toBeLessThan(31 * 501)
      expect((error as ConfigError).message).toMatch(/^override seed=: :/)
    }
  })

  it.each(['[', '{a: ', '- ', '? ', '[{'])('refuses what is nested too deep: %s', (piece) => {
    expect(() => new ConfigDocument(piece.repeat(100_000), 'deep.yaml')).toThrow(
      'deep.yaml: values must not lie',
    )
  })
})
