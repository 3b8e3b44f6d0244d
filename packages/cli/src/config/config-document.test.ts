import { describe, expect, it } from 'vitest'
import { ConfigDocument } from './config-document.js'

const read = (text: string): unknown => new ConfigDocument(text, 'c.yaml').value()

describe('ConfigDocument', () => {
  it('reads YAML and JSON', () => {
    expect(read('a: [1, two]\nb: {c: true}')).toEqual({ a: [1, 'two'], b: { c: true } })
    expect(read('{"a": [1, "two"]}')).toEqual({ a: [1, 'two'] })
  })

  it('merges maps by the key <<, where what stands there itself comes first', () => {
    expect(read('a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}')).toMatchObject({ d: { b: 1, c: 3 } })
    expect(read('a: &a {b: 1}\nd:\n  c: 3\n  <<: [*a, {b: 4, e: 5}]')).toMatchObject({
      d: { b: 1, c: 3, e: 5 },
    })
    expect(read('{"a": {"<<": 1}}')).toEqual({ a: { '<<': 1 } })
  })

  it('says where values and keys stand', () => {
    const document = new ConfigDocument('a: 1\nb:\n  - c: 2\n    dd: 3\n', 'c.yaml')
    expect(document.placeOf(['b', 0, 'dd'])).toBe('c.yaml:4:9')
    expect(document.placeOfKey(['b', 0, 'dd'])).toBe('c.yaml:4:5')
    expect(document.placeOfKey(['a'])).toBe('c.yaml:1:1')
    // A missing key is reported where its owner stands.
    expect(document.placeOf(['b', 0, 'missing'])).toBe('c.yaml:3:5')
  })

  it.each([
    ['a key twice', 'a: 1\na: 2', 'c.yaml:2:1: Map keys must be unique'],
    ['broken syntax', 'a: [1', 'c.yaml:1:6'],
    ['a tag', 'a: !!js/function "x"', 'c.yaml:1:4: Unresolved tag'],
    ['a custom tag', 'a: !thing 1', 'c.yaml:1:4: Unresolved tag'],
    ['a key __proto__', 'a: {__proto__: {b: 1}}', 'c.yaml:1:5: the key __proto__ is not allowed'],
    ['several documents', 'a: 1\n---\nb: 2', 'c.yaml:2:1: a config must be one document, got another one'],
    ['a merged number', 'a: {<<: 5}', 'c.yaml:1:5: the key << must have a map'],
    ['a merged list of numbers', 'b: &b [1]\na:\n  <<: *b', 'c.yaml:3:3: the key << must have a map'],
    ['a merged anchor that is nowhere', 'a: {<<: *b}', 'c.yaml:1:5: the key << must have a map'],
    ['a map merged into itself', 'a: &a {<<: *a}', 'Excessive alias count'],
    ['a merged key __proto__', 'b: &b {__proto__: 1}\na: {<<: *b}', 'the key __proto__ is not allowed'],
  ])('refuses %s', (_, text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it('refuses a bomb of aliases', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x, x, x]'
        : `a${level}: &a${level} [${Array(8)
            .fill(`*a${level - 1}`)
            .join(', ')}]`,
    )
    expect(() => read(levels.join('\n'))).toThrow('Excessive alias count')
  })

  it('leaves the prototype of everything alone', () => {
    expect(() => read('{"__proto__": {"polluted": 1}}')).toThrow('__proto__')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
