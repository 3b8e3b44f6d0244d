import type * as z from 'zod'
import { UsageError } from '../../config/usage-error.js'

/** Parses a file of a run. */
export function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${path} must hold JSON as a run writes it, got something else`)
  }
}

/** Checks what a file of a run holds. */
export function checkedAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const found = schema.safeParse(value)
  if (found.success) return found.data
  const { path, message } = found.error.issues[0]!
  throw new UsageError(`${where} must be what a run writes, got ${path.join('.')}: ${message}`)
}
