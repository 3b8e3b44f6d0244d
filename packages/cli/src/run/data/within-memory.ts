import { KdError } from '@kd/core'

/** The least number of a config that can be what asks for too much. */
const LARGE = 10_000
/** How many of them a message names. */
const SHOWN = 5

/**
 * Does the work of a config, and says of a number in it that no array can have so many entries. What is made of a number is spread over all
 * packages, and in a plugin; JavaScript says the same of all of it.
 *
 * @param config - resolved
 * @param work - with this config
 * @returns what the work gives
 * @throws {@link KdError} naming the largest numbers of the config, where an array could not be made
 */
export async function withinMemory<Result>(config: object, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RangeError) || !/length|allocation|count/i.test(error.message)) throw error
    const large = numbersIn(config)
      .filter(([, value]) => Math.abs(value) >= LARGE)
      .sort(([, one], [, other]) => Math.abs(other) - Math.abs(one))
      .slice(0, SHOWN)
      .map(([key, value]) => `${key}=${value}`)
    throw new KdError(`what the config asks for must fit into memory, got: ${error.message}`, {
      hint:
        large.length === 0 ? 'take fewer or smaller examples' : `its largest numbers are ${large.join(', ')}`,
      cause: error,
    })
  }
}

function numbersIn(value: unknown, key = ''): [key: string, value: number][] {
  if (typeof value === 'number') return [[key, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    numbersIn(inner, key === '' ? name : `${key}.${name}`),
  )
}
