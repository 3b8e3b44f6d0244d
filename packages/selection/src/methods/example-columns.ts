import type { RunningMethod } from '@kd/core'
import type { ValueOf } from './values-by-id.js'

/**
 * Says of single examples what a method says and what is put around it.
 *
 * @param inner - the method in a run
 * @param lookups - a lookup by id for each name; asked anew at each call, since a choice may be renewed
 * @returns the `examples` of the combined method
 */
export function exampleColumns(
  inner: RunningMethod,
  lookups: () => Readonly<Record<string, ValueOf>>,
): Exclude<RunningMethod['examples'], undefined> {
  return async (ids, step) => ({
    ...(await inner.examples?.(ids, step)),
    ...Object.fromEntries(
      Object.entries(lookups()).map(([name, valueOf]) => [name, Float32Array.from(ids, valueOf)]),
    ),
  })
}
