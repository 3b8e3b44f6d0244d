import { InvalidArgumentError, ShapeError } from '@kd/core'
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'

/** A table of numbers outside the engine; its rows lie one after the other. */
export interface NumberTable {
  readonly values: Float32Array | Float64Array
  /** [rows, columns] */
  readonly shape: readonly [number, number]
}

/** A table, either a tensor or numbers outside the engine. */
export type Table = Tensor2D | NumberTable

/** N class indices, either an int32 tensor [N] or numbers. */
export type LabelList = Tensor1D | ArrayLike<number>

/**
 * Brings a table out of the engine.
 *
 * @param table - the argument found
 * @param argument - its name, for the message
 * @param functionName - the function that was called, for the message
 * @returns its numbers
 * @throws {@link ShapeError} when it is not [N, columns] with N and columns >= 1
 */
export async function readTable(table: Table, argument: string, functionName: string): Promise<NumberTable> {
  const shape: readonly number[] = table?.shape ?? []
  const [rows = 0, columns = 0] = shape
  if (shape.length !== 2 || rows < 1 || columns < 1) {
    throw new ShapeError(
      `${functionName}: ${argument} must have shape [N, columns] with N >= 1, got [${shape.join(', ')}]`,
    )
  }
  const values = 'values' in table ? table.values : await table.data<'float32'>()
  if (values.length === rows * columns) return { values, shape: [rows, columns] }
  throw new ShapeError(
    `${functionName}: ${argument} must hold ${rows} x ${columns} numbers as its shape says, got ${values.length}`,
  )
}

/**
 * Brings labels out of the engine and checks them.
 *
 * @param labels - the argument found
 * @param logits - the table that they belong to
 * @param functionName - the function that was called, for the message
 * @returns [N] class indices
 * @throws {@link ShapeError} when there is not one per row of the logits
 * @throws {@link InvalidArgumentError} when one is not a class index
 */
export async function readLabels(
  labels: LabelList,
  logits: NumberTable,
  functionName: string,
): Promise<ArrayLike<number>> {
  const values = labels !== undefined && 'dataId' in labels ? await labels.data<'int32'>() : labels
  const [rows, classes] = logits.shape
  if (values?.length !== rows) {
    throw new ShapeError(
      `${functionName}: labels must be one per row of the ${rows} logits, got ${values?.length ?? 'none'}`,
    )
  }
  for (let row = 0; row < rows; row++) {
    const label = values[row]!
    if (Number.isInteger(label) && label >= 0 && label < classes) continue
    throw new InvalidArgumentError(
      `${functionName}: labels must be class indices in [0, ${classes}), got ${label} in row ${row}`,
    )
  }
  return values
}

/**
 * Checks that a table holds no NaN and no infinity.
 *
 * @param table - what was read
 * @param argument - its name, for the message
 * @param functionName - the function that was called, for the message
 * @throws {@link InvalidArgumentError} naming the first row with such a value
 */
export function assertFinite({ values, shape }: NumberTable, argument: string, functionName: string): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value))
  if (wrong < 0) return
  const row = Math.floor(wrong / shape[1])
  throw new InvalidArgumentError(
    `${functionName}: ${argument} must be finite, got ${values[wrong]} in row ${row}`,
    {
      hint: 'a network that diverged or a wrong normalisation gives such values: look at this example first',
    },
  )
}
