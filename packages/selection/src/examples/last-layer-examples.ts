import { assertSameShape, ShapeError } from '@kd/core'
import { assertFinite, readLabels, readTable, type LabelList, type NumberTable, type Table } from './table.js'

/** Inputs and outputs of the last layer for N examples. All tables are read and none is disposed. */
export interface LastLayerExamples {
  /** [N, D] the inputs of the last layer, without the 1 that its bias is multiplied by. */
  readonly features: Table
  /** [N, C] the outputs of the last layer, before the softmax. */
  readonly logits: Table
  /** [N] class indices. */
  readonly labels: LabelList
  /**
   * [N, C] the logits of a teacher. With them the loss of an example is temperature^2 * KL(teacher || model) at `temperature`; without
   * them it is the cross-entropy to the label.
   */
  readonly teacherLogits?: Table
}

/** Examples in memory, or a function that goes over them from the start each time it is called, always in the same order. */
export type LastLayerSource = LastLayerExamples | (() => AsyncIterable<LastLayerExamples>)

/** A piece of the examples after reading and checking. */
export interface LastLayerTables {
  readonly features: NumberTable
  readonly logits: NumberTable
  readonly labels: ArrayLike<number>
  readonly teacherLogits?: NumberTable
}

/** Goes over the examples from the start; they are read and checked. */
export type TablesSource = () => AsyncIterable<LastLayerTables>

/**
 * Makes a source that can be read several times. Examples in memory are read and checked once, those of a function each time.
 *
 * @param source - see {@link LastLayerSource}
 * @param role - put before argument names in messages, such as `'validation.'`
 * @param functionName - the function that was called, for the message
 * @returns a source of read and checked tables
 */
export async function tablesSource(
  source: LastLayerSource,
  role: string,
  functionName: string,
): Promise<TablesSource> {
  if (typeof source !== 'function') {
    const tables = await readExamples(source, role, functionName)
    return async function* () {
      yield tables
    }
  }
  return async function* () {
    for await (const examples of source()) yield await readExamples(examples, role, functionName)
  }
}

async function readExamples(
  examples: LastLayerExamples,
  role: string,
  functionName: string,
): Promise<LastLayerTables> {
  const read = async (name: 'features' | 'logits' | 'teacherLogits'): Promise<NumberTable> => {
    const table = await readTable(examples[name]!, role + name, functionName)
    assertFinite(table, role + name, functionName)
    return table
  }
  const features = await read('features')
  const logits = await read('logits')
  const teacherLogits = examples.teacherLogits === undefined ? undefined : await read('teacherLogits')
  assertRows({ features, logits }, role, functionName)
  if (teacherLogits !== undefined)
    assertSameShape({ [`${role}logits`]: logits, [`${role}teacherLogits`]: teacherLogits }, functionName)
  const labels = await readLabels(examples.labels, logits, functionName)
  return { features, logits, labels, ...(teacherLogits && { teacherLogits }) }
}

function assertRows(
  { features, logits }: { features: NumberTable; logits: NumberTable },
  role: string,
  functionName: string,
): void {
  if (features.shape[0] === logits.shape[0] && logits.shape[1] >= 2) return
  throw new ShapeError(
    `${functionName}: ${role}features and ${role}logits must be [N, D] and [N, C] with C >= 2, got [${features.shape.join(', ')}] and [${logits.shape.join(', ')}]`,
  )
}
