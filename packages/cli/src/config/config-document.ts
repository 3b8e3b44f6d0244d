import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml'
import { ConfigError, type ConfigProblem } from './config-error.js'

/** Where something stands in a config: keys and list positions from the top. */
export type ConfigPath = readonly (string | number)[]

/** More than any config needs, few enough that a bomb of aliases stays small. */
const MAX_ALIASES = 50

/** More than any config has; the parser goes down by calling itself, and a stack has an end. */
const MAX_DEPTH = 200

const SEVERAL_DOCUMENTS =
  'a config must be one document, got another one after ---; give each config a file of its own, or compare them with kd compare'

/** A parsed YAML or JSON text that remembers where everything stood. */
export class ConfigDocument {
  readonly #name: string
  readonly #document: Document.Parsed
  readonly #lines = new LineCounter()

  /**
   * @param text - one document of the core schema of YAML 1.2, with the merge keys `<<` of YAML 1.1, or JSON, which is part of it
   * @param name - what errors call it
   * @throws {@link ConfigError} for text that is not YAML, is several documents, has tags, duplicate keys, a key `__proto__`, or a
   * key `<<` whose value is no map
   */
  constructor(text: string, name: string) {
    this.#name = name
    if (isNestedTooDeep(text)) throw tooDeep(name)
    this.#document = parsed(text, this.#lines, name)
    const { errors, warnings } = this.#document
    const problems = [...errors, ...warnings].map(({ code, pos, message }) =>
      this.#problem(pos[0], code === 'MULTIPLE_DOCS' ? SEVERAL_DOCUMENTS : message),
    )
    problems.push(...this.#wrongKeys())
    if (problems.length > 0) throw new ConfigError(problems)
  }

  /** The content as plain values. */
  value(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown
    } catch (error) {
      throw new ConfigError([this.#problem(0, error instanceof Error ? error.message : String(error))])
    }
  }

  /** Whether anything stands there. */
  has(path: ConfigPath): boolean {
    return this.#document.hasIn(path)
  }

  /** `FILE:LINE:COLUMN` of a value, or of the nearest thing around it that exists. */
  placeOf(path: ConfigPath): string {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true) as Node | undefined
      if (node?.range != null) return this.#place(node.range[0])
    }
    return this.#place(this.#document.contents?.range[0] ?? 0)
  }

  /** `FILE:LINE:COLUMN` of a key. */
  placeOfKey(path: ConfigPath): string {
    const parent = path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true)
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
      if (isScalar(pair?.key) && pair.key.range != null) return this.#place(pair.key.range[0])
    }
    return this.placeOf(path)
  }

  #wrongKeys(): ConfigProblem[] {
    const problems: ConfigProblem[] = []
    visit(this.#document, {
      Pair: (_, { key, value }) => {
        if (isPair(key) || !isScalar(key)) return
        const at = key.range?.[0] ?? 0
        if (key.value === '__proto__') problems.push(this.#problem(at, 'the key __proto__ is not allowed'))
        // The parser's value of a merge key is a symbol; a text "<<" in quotes is a key like others.
        if (typeof key.value === 'symbol' && !this.#canMerge(value)) {
          const message = 'the key << must have a map, an alias of a map, or a list of these'
          problems.push(this.#problem(at, message))
        }
      },
    })
    return problems
  }

  #canMerge(value: unknown): boolean {
    const sources = isSeq(value) ? value.items : [value]
    return sources.every((source) => isMap(isAlias(source) ? source.resolve(this.#document) : source))
  }

  #problem(offset: number, message: string): ConfigProblem {
    return { where: this.#place(offset), message: message.split('\n')[0]! }
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#name}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
}

function parsed(text: string, lineCounter: LineCounter, name: string): Document.Parsed {
  try {
    return parseDocument(text, {
      lineCounter,
      schema: 'core',
      merge: true,
      prettyErrors: false,
      logLevel: 'error',
    })
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(name)
    throw error
  }
}

/** Counts brackets, also those in texts, and marks of lists in a line: no config has so many unclosed. */
function isNestedTooDeep(text: string): boolean {
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    if (depth > MAX_DEPTH) return true
  }
  return new RegExp(`(?:[-?:][ \\t]+){${MAX_DEPTH}}`).test(text)
}

function tooDeep(name: string): ConfigError {
  return new ConfigError([
    { where: name, message: `values must not lie more than ${MAX_DEPTH} deep in each other` },
  ])
}
