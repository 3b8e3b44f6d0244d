/** Rows longer than this are copied as a block; for a shorter one the call costs more than a loop. */
const LONG_ROW = 128

/**
 * Copies some rows of a table, in the order of `rows`.
 *
 * @param table - [N, size], row by row
 * @param rows - [n] positions
 * @param size - values in a row
 * @returns [n, size]
 */
export function gatherRows<Values extends Float32Array | Float64Array | Int32Array | Uint8Array>(
  table: Values,
  rows: ArrayLike<number>,
  size: number,
): Values {
  const gathered = new (table.constructor as new (length: number) => Values)(rows.length * size)
  for (let index = 0; index < rows.length; index++) {
    const from = rows[index]! * size
    if (size > LONG_ROW) gathered.set(table.subarray(from, from + size), index * size)
    else for (let column = 0; column < size; column++) gathered[index * size + column] = table[from + column]!
  }
  return gathered
}
