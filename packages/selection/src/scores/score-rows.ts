import { assertPositive, assertSameShape } from '@kd/core'
import { assertFinite, readLabels, readTable, type LabelList, type Table } from '../examples/table.js'
import { softmaxRow } from '../last-layer/last-layer-blocks.js'

/** A model's predictions, and the labels. */
export interface PredictionOptions {
  /** [N, C] the logits of the model. */
  readonly logits: Table
  /** [N] class indices. */
  readonly labels: LabelList
}

/** A model's predictions, and a teacher where the loss is that of distillation. */
export interface ResidualOptions extends PredictionOptions {
  /**
   * [N, C] the logits of a teacher. With them the loss is temperature^2 * KL(teacher || model), without them the cross-entropy to the
   * label.
   */
  readonly teacherLogits?: Table
  /** The temperature of the loss against a teacher, > 0. @defaultValue 4 */
  readonly temperature?: number
}

/** The prediction of one example; the next one overwrites the arrays. */
export interface PredictedRow {
  readonly label: number
  /** [C] the logits. */
  readonly logits: ArrayLike<number>
  /** [C] the softmax of the logits. */
  readonly probabilities: Float64Array
}

/** Scores each example by its prediction. */
export async function scoreRows(
  { logits, labels }: PredictionOptions,
  functionName: string,
  score: (row: PredictedRow) => number,
): Promise<Float64Array> {
  const table = await readTable(logits, 'logits', functionName)
  assertFinite(table, 'logits', functionName)
  const classIndices = await readLabels(labels, table, functionName)
  const [count, classes] = table.shape
  const probabilities = new Float64Array(classes)
  return Float64Array.from({ length: count }, (_, row) => {
    softmaxRow(table, row, 1, probabilities, 0)
    const rowLogits = table.values.subarray(row * classes, (row + 1) * classes)
    return score({ label: classIndices[row]!, logits: rowLogits, probabilities })
  })
}

/** Computes [N] the length of the derivative of each example's loss in its logits. */
export async function residualLengths(
  { logits, labels, teacherLogits, temperature = 4 }: ResidualOptions,
  functionName: string,
): Promise<Float64Array> {
  if (teacherLogits === undefined) {
    return scoreRows({ logits, labels }, functionName, ({ label, probabilities }) =>
      distance(probabilities, (index) => Number(index === label)),
    )
  }
  assertPositive(temperature, 'temperature', functionName)
  const teacher = await readTable(teacherLogits, 'teacherLogits', functionName)
  const model = await readTable(logits, 'logits', functionName)
  assertFinite(teacher, 'teacherLogits', functionName)
  assertFinite(model, 'logits', functionName)
  assertSameShape({ logits: model, teacherLogits: teacher }, functionName)
  const [count, classes] = model.shape
  const ofModel = new Float64Array(classes)
  const ofTeacher = new Float64Array(classes)
  return Float64Array.from({ length: count }, (_, row) => {
    softmaxRow(model, row, temperature, ofModel, 0)
    softmaxRow(teacher, row, temperature, ofTeacher, 0)
    return temperature * distance(ofModel, (index) => ofTeacher[index]!)
  })
}

function distance(values: Float64Array, other: (index: number) => number): number {
  let square = 0
  for (let index = 0; index < values.length; index++) square += (values[index]! - other(index)) ** 2
  return Math.sqrt(square)
}
