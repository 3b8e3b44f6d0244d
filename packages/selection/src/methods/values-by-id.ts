import { InvalidArgumentError, type KdError } from '@kd/core'

/** How a table of one number per example is looked up. */
export interface ByIdOptions {
  /**
   * Ids of the examples that the table's rows belong to: `dataset.train.ids` for a table in the order of the training split. By default
   * row and id are the same.
   */
  readonly ids?: ArrayLike<number>
}

/** Gives the number of an example. */
export type ValueOf = (id: number) => number

/**
 * Makes a function from an example's id to its number in a table.
 *
 * @param values - one number per row
 * @param ids - of the rows; without them row and id are the same
 * @param missing - makes the error for an id that has no row
 * @returns the lookup; it throws that error
 */
export function lookUpById(
  values: ArrayLike<number>,
  ids: ArrayLike<number> | undefined,
  missing: (id: number) => KdError,
): ValueOf {
  const rows = ids === undefined ? undefined : new Map(Array.from(ids, (id, row) => [id, row]))
  return (id) => {
    const value = values[rows === undefined ? id : (rows.get(id) ?? -1)]
    if (value === undefined) throw missing(id)
    return value
  }
}

/**
 * Checks the table that a caller gives and makes a lookup of it.
 *
 * @param values - one number per row, each in [0, 1]
 * @param ids - of the rows; without them row and id are the same
 * @param argument - what the table is called, for messages
 * @param functionName - the function that was called, for messages
 * @param options - `binary`: whether only 0 and 1 are allowed
 * @returns the lookup
 * @throws {@link InvalidArgumentError} when a value breaks its rule or the ids do not fit; the lookup throws one for an id without a row
 */
export function givenValues(
  values: ArrayLike<number>,
  ids: ArrayLike<number> | undefined,
  argument: string,
  functionName: string,
  { binary = false }: { readonly binary?: boolean } = {},
): ValueOf {
  if (values.length === 0)
    throw new InvalidArgumentError(`${functionName}: ${argument} must not be empty, got no rows`)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (binary ? value === 0 || value === 1 : value >= 0 && value <= 1) continue
    throw new InvalidArgumentError(
      `${functionName}: ${argument} must be ${binary ? '0 or 1' : 'in [0, 1]'}, got ${value} in row ${row}`,
    )
  }
  if (ids !== undefined && ids.length !== values.length) {
    throw new InvalidArgumentError(
      `${functionName}: ids must be one per row of ${argument}, ${values.length}, got ${ids.length}`,
    )
  }
  return lookUpById(
    values,
    ids,
    (id) =>
      new InvalidArgumentError(
        `${functionName}: ${argument} must have a row for each example, got none for id ${id}`,
        {
          hint: 'ids are rows of the original file: pass { ids: dataset.train.ids } with the mask of a split',
        },
      ),
  )
}
