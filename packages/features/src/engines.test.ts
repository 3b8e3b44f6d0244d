// @isolated: registers backends of its own
import { readdirSync } from 'node:fs'
import { probeEngines, selectEngine } from '@kd/core'
import { needs } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const loadable = (await probeEngines()).filter(({ loads }) => loads).map(({ name }) => name)
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.includes('/') && file.endsWith('.test.ts'),
)

it('knows the tests of the methods', () => {
  expect(files).toContain('fitnet-hint/fitnet-hint.test.ts')
})

describe.each(['wasm', 'native'] as const)('on the engine %s', (engine) => {
  describe('all tests of all methods', needs(loadable.includes(engine), `the engine ${engine}`), async () => {
    beforeAll(async () => {
      await selectEngine(engine)
    })
    afterAll(() => tf.setBackend('cpu'))
    it('runs there', () => {
      expect(tf.getBackend()).not.toBe('cpu')
    })
    // The query makes it another module, whose tests are told anew.
    for (const file of files) await import(/* @vite-ignore */ `./${file}?engine=${engine}`)
  })
})
