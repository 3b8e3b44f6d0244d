import { rangeRule, typeName } from '@kd/core'
import type * as z from 'zod'
import type { ConfigPath } from './config-document.js'
import { suggestion } from './suggestion.js'

/** A schema's complaint in our words, at a path of the config. */
export interface Explanation {
  readonly path: ConfigPath
  /** Whether it is the key itself that is wrong. */
  readonly aboutKey: boolean
  readonly message: string
}

type Issue = z.core.$ZodIssue

/**
 * Turns an issue of zod into messages that name key, rule, value found and choices.
 *
 * @param issue - from a parse with `error: knownKeys` and `reportInput: true`
 * @param at - where the parsed value stands
 * @param elsewhere - where a key belongs that the top does not have
 * @returns at least one explanation
 */
export function explainIssue(
  issue: Issue,
  at: ConfigPath = [],
  elsewhere: (key: string) => readonly string[] = () => [],
): Explanation[] {
  const path = [...at, ...(issue.path as (string | number)[])]
  const about = (message: string): Explanation[] => [
    { path, aboutKey: false, message: `${dotted(path)} ${message}` },
  ]
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue, path, elsewhere)
  if (issue.code === 'invalid_union') return explainUnion(issue, path)
  if (issue.code === 'invalid_value') {
    const choices = issue.values.map(String)
    if (issue.input === undefined) return about(`is missing: ${oneOf(choices)}`)
    return about(
      `must be ${oneOf(choices)}, got ${shown(issue.input)}${suggestion(shown(issue.input), choices)}`,
    )
  }
  if (issue.code === 'invalid_type') {
    const rule = typeName(issue.expected)
    if (issue.input === undefined) return about(`is missing: ${rule}`)
    return about(`must be ${rule}${exampleOf(path, issue.input)}, got ${shown(issue.input)}`)
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const found = issue.origin === 'string' ? '' : `, got ${shown(issue.input)}`
    return about(`${rangeRule(issue)}${found}`)
  }
  if (issue.code === 'custom') return about(issue.message)
  return about(`${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}, got ${shown(issue.input)}`)
}

function unknownKeys(
  { keys, message: names }: z.core.$ZodIssueUnrecognizedKeys,
  owner: ConfigPath,
  elsewhere: (key: string) => readonly string[],
): Explanation[] {
  const known = names.split(' ')
  return keys.map((key) => {
    const allowed = owner.length === 0 ? 'a config has' : `${dotted(owner)} has`
    const places = owner.length === 0 ? elsewhere(key) : []
    const meant =
      suggestion(key, known) || (places.length > 0 ? `, did you mean ${places.join(' or ')}?` : '')
    const message = `unknown key ${dotted([...owner, key])}${meant} (${allowed} ${known.join(', ')})`
    return { path: [...owner, key], aboutKey: true, message }
  })
}

function explainUnion(issue: z.core.$ZodIssueInvalidUnion, path: ConfigPath): Explanation[] {
  const { discriminator, options } = issue as { discriminator?: string; options?: unknown[] }
  if (discriminator !== undefined) {
    // A form whose discriminator has a default lists undefined as well.
    const choices = (options ?? []).filter((option) => option !== undefined).map(String)
    // zod reports the whole map as the input and the discriminator at the end of the path.
    const given = (issue.input as Record<string, unknown> | undefined)?.[discriminator]
    const message =
      given === undefined
        ? `${dotted(path)} is missing: ${oneOf(choices)}`
        : `unknown ${dotted(path)} ${shown(given)}${suggestion(shown(given), choices)} (${oneOf(choices)})`
    return [{ path, aboutKey: false, message }]
  }
  // The branch that took the value's type is the one that was meant; of several the one that misses no key.
  const possible = issue.errors.filter((issues) => !issues.some(isWrongType))
  const meant = possible.find((issues) => !issues.some(isMissingKey)) ?? possible[0]
  if (meant !== undefined) return meant.flatMap((inner) => explainIssue(inner, path))
  const rules = issue.errors.flatMap((issues) =>
    issues.flatMap((inner) => (inner.code === 'invalid_type' ? [typeName(inner.expected)] : [])),
  )
  const rule = [...new Set(rules)].join(' or ')
  const message =
    issue.input === undefined
      ? `${dotted(path)} is missing: ${rule}`
      : `${dotted(path)} must be ${rule}${exampleOf(path, issue.input)}, got ${shown(issue.input)}`
  return [{ path, aboutKey: false, message }]
}

/** A name alone stands where a map with a name does. */
function exampleOf(path: ConfigPath, input: unknown): string {
  const isNamed = ['dataset', 'model', 'method', 'optimizer'].includes(String(path.at(-1)))
  return isNamed && typeof input === 'string' ? ` such as { name: ${shown(input).slice(1, -1)} }` : ''
}

function isWrongType(issue: z.core.$ZodIssueBase): boolean {
  return issue.path.length === 0 && (issue as Issue).code === 'invalid_type'
}

/** Tells whether the value has no key of that name, or not the one that tells forms apart. */
function isMissingKey(issue: z.core.$ZodIssueBase): boolean {
  const { code, discriminator, input } = issue as Issue & { readonly discriminator?: string }
  if (code === 'invalid_type') return input === undefined
  return discriminator !== undefined && !(discriminator in ((input as object | undefined) ?? {}))
}

function dotted(path: ConfigPath): string {
  return path.length === 0 ? 'the config' : path.join('.')
}

function oneOf(choices: readonly string[]): string {
  return choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
