import { configJsonSchema } from './json-schema.js'

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly [form: string]: unknown
}

/** Deeper than any key of a config. */
const MAX_DEPTH = 6

let pathsByKey: Map<string, string[]> | undefined

/**
 * Where a config has a key that somebody put at its top, such as `training.epochs` for `epochs`.
 *
 * @param key - that the top does not have
 * @returns of each section that has it the shortest dotted path
 */
export function placesOfKey(key: string): string[] {
  // Of a file that is no config at all every word is an unknown key: the schema is gone through once.
  pathsByKey ??= collectPaths()
  const depth = (path: string): number => path.split('.').length
  const shortest = new Map<string, string>()
  for (const path of (pathsByKey.get(key) ?? []).toSorted((one, other) => depth(one) - depth(other))) {
    const section = path.split('.')[0]!
    if (!shortest.has(section)) shortest.set(section, path)
  }
  // A teacher's model and recipe have the keys of the student's.
  if (shortest.size > 1) shortest.delete('teachers')
  return [...shortest.values()]
}

function collectPaths(): Map<string, string[]> {
  const paths = new Map<string, string[]>()
  const root = configJsonSchema() as Schema
  const visit = (schema: Schema, path: readonly (string | number)[]): void => {
    if (path.length > MAX_DEPTH) return
    const { $ref, properties = {}, items } = schema
    if ($ref !== undefined) visit(referenced(root, $ref), path)
    for (const [name, property] of Object.entries(properties)) {
      paths.set(name, [...(paths.get(name) ?? []), [...path, name].join('.')])
      visit(property, [...path, name])
    }
    if (items !== undefined) visit(items, [...path, 0])
    for (const form of [schema['anyOf'], schema['oneOf'], schema['allOf'], schema['else']].flat()) {
      if (form !== undefined) visit(form as Schema, path)
    }
  }
  visit(root, [])
  return paths
}

function referenced(root: Schema, reference: string): Schema {
  const keys = reference.split('/').slice(1)
  return keys.reduce((schema, key) => schema[key] as Schema, root)
}
