import fc from 'fast-check'

/** Values that programs stumble over, wherever another value was expected. */
export const strangeValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e-320,
  1e308,
  1e15,
  1e9,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  NaN,
  Infinity,
  -Infinity,
  '',
  ' ',
  '\0',
  '\ud800',
  '../../outside/secret.txt',
  '../../../../../../etc/passwd',
  '/etc/passwd',
  'runs/../../outside',
  'C:\\windows\\win.ini',
  '\\\\host\\share',
  'file:///etc/passwd',
  'outside-link',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '${process.exit(3)}',
  '`touch executed`',
  '$(touch executed)',
  'x'.repeat(10_000),
  [],
  {},
  [[]],
  [null],
  Array.from({ length: 2000 }, (_, index) => index),
  JSON.parse('{"__proto__":{"polluted":1}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":1}}}'),
  { length: 1e9 },
  { then: 'not a promise' },
  { toJSON: 'no function' },
  deep(300, (inner) => [inner]),
  deep(300, (inner) => ({ a: inner })),
  // And what fast-check can think of.
  ...fc
    .sample(fc.anything({ withNullPrototype: false, maxDepth: 3 }), { numRuns: 100, seed: 1 })
    .filter(isPlain),
  ...fc.sample(fc.jsonValue({ maxDepth: 4 }), { numRuns: 100, seed: 2 }),
  ...fc.sample(fc.string(), { numRuns: 50, seed: 3 }),
]

/** Keys that a map of ours never has. */
export const strangeKeys: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'length',
  'then',
  '',
  '0',
  '../x',
  'a.b',
  'name',
  'path',
  'run',
  'weights',
]

/** Pieces of YAML, JSON and of formats of ours, put anywhere into a text. */
export const strangeTexts: readonly string[] = [
  '\0',
  '\t',
  '\r',
  '\ufeff',
  '\ud800',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '\n- ',
  '\n? ',
  '\n---\n',
  '\n...\n',
  '%YAML 1.1\n---\n',
  '%TAG ! tag:x,2000:\n---\n',
  '#',
  '&a ',
  '*a',
  '<<: *a\n',
  '|\n',
  '>-\n',
  '!!js/function "function () { globalThis.kdExecuted = true }"',
  '!!js/undefined ""',
  '!!python/object/apply:os.system ["touch executed"]',
  '!!binary "AAAA"',
  '!!merge <<',
  '!!set {a}',
  '!!timestamp 2001-01-01',
  '__proto__: { polluted: 1 }\n',
  'constructor: { prototype: { polluted: 1 } }\n',
  '"__proto__":{"polluted":1},',
  '.nan',
  '-.inf',
  '1e999',
  '0x7fffffffffffffffffff',
  '99999999999999999999999999',
  '1_000',
  '0o17',
  '../../outside/secret.txt',
  '/etc/passwd',
  '{"number":"NaN"}',
  '\u2028',
  '='.repeat(3),
  '[a.b=c]',
  '9'.repeat(400),
  '['.repeat(3000),
  '{a: '.repeat(3000),
  '- '.repeat(3000),
  bomb(),
]

/** Nine levels of nine aliases: a billion values, if they were written out. */
function bomb(): string {
  const levels = Array.from('abcdefghi', (name, level) => {
    const below = level === 0 ? '"lol"' : `*${'abcdefghi'[level - 1]!}`
    return `${name}: &${name} [${new Array(9).fill(below).join(', ')}]`
  })
  return `\n${levels.join('\n')}\n`
}

function deep(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = wrap(value)
  return value
}

/** What can be data: no functions or symbols, as fast-check makes none, and nothing that only code can make. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'bigint' && typeof value !== 'symbol'
}
