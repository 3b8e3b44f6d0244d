import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { format } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

interface Snippet {
  readonly name: string
  readonly module: string
  readonly run: boolean
  /** What the comments behind its `console.log` and `print` lines promise, in their order. */
  readonly prints: readonly string[]
}

const manifest = process.env['KD_SNIPPETS']!
const snippets = JSON.parse(readFileSync(manifest, 'utf8')) as Snippet[]

describe('the documentation', () => {
  const folder = process.cwd()
  beforeEach(async () => {
    // What a snippet writes goes where it is removed afterwards; what it sets is set back.
    process.chdir(dirname(manifest))
    await tf.setBackend('cpu')
  })
  afterEach(() => vi.restoreAllMocks())
  afterAll(() => process.chdir(folder))

  const runnable = snippets.filter(({ run }) => run).map((snippet) => [snippet.name, snippet] as const)
  it.each(runnable)('%s', async (_, { module, prints }) => {
    const printed: string[] = []
    vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
      printed.push(normalize(format(...values)))
    })
    await import(/* @vite-ignore */ module)
    for (const promise of prints.map(normalize)) {
      expect(
        printed.some((line) => keeps(promise, line)),
        `promised ${promise}, printed ${printed.join(' | ')}`,
      ).toBe(true)
    }
  })
})

/** Layout does not matter: tensors are printed over several lines, arrays with their length. */
function normalize(text: string): string {
  return text
    .replace(/^Tensor\b/, '')
    .replaceAll(/\s+/g, '')
    .replaceAll(/Array\(\d+\)\[/g, 'Array[')
    .replaceAll(',]', ']')
}

/** Texts must be equal; numbers in them may differ in the sixth digit, as engines do. */
function keeps(promise: string, printed: string): boolean {
  if (promise.endsWith('…')) return printed.startsWith(promise.slice(0, -1))
  const number = /(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/g
  const numbersOf = (text: string): readonly string[] => text.match(number) ?? []
  const wanted = numbersOf(promise)
  const found = numbersOf(printed)
  const close = wanted.every((text, index) => {
    const value = Number(text)
    return Math.abs(Number(found[index]) - value) <= 1e-5 * Math.abs(value)
  })
  return close && promise.replaceAll(number, '#') === printed.replaceAll(number, '#')
}
