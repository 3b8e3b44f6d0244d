import { evaluate, keptAnswers, KdError, logitTables, ShapeError, taskOf } from '@kd/core'
import type { AnyDataset, Figures, LogitTable, Teacher } from '@kd/core'
import { parquetLogitTable } from '@kd/datasets'
import { readLogitTable, readSafetensorsMetadata } from '@kd/models'
import { basename } from 'node:path'
import type { TeacherConfig } from '../../../config/config-schema.js'
import { answerSplits, type AnswerSplit } from '../../answers/answer-manifest.js'
import { readRegularFile } from '../../../config/regular-file.js'
import { ofFile } from '../../model/model-file.js'
import { assertInputs } from './logit-inputs.js'
import { probabilityLogits } from './probability-logits.js'
import { teacherOutputs } from './teacher-outputs.js'

/** Logits that a teacher gave elsewhere, as a teacher. */
export interface OpenLogitFiles {
  readonly teacher: Teacher
  /** The splits that it knows. */
  readonly splits: ReadonlySet<AnswerSplit>
  readonly notes: readonly string[]
}

/**
 * Opens tables of logits, and checks that they have a row of finite logits of the right classes for every example.
 *
 * @param teacher - its config, with `logits`
 * @param clean - the data set before label noise
 * @param who - what errors call the teacher
 * @returns the teacher, and a warning where nothing in a file shows that its rows are in the order of the data
 * @throws {@link KdError} when a file is missing or damaged, or does not fit the data
 */
export async function openLogitFiles(
  teacher: TeacherConfig,
  clean: AnyDataset,
  who: string,
): Promise<OpenLogitFiles> {
  const { logits, fixed = false } = teacher
  const paths = typeof logits === 'string' ? splitsOfOneFile(logits, clean) : logits!
  const read = new Map<string, Promise<ReadTable>>()
  const tables: Partial<Record<AnswerSplit, LogitTable>> = {}
  const unchecked = new Set<string>()
  // Train and validation are mostly parts of one file, which then has one table.
  const given = { ...paths, validation: paths.validation ?? paths.train }
  for (const split of answerSplits) {
    const path = given[split]
    if (path === undefined || clean[split] === undefined) continue
    const found = read.get(path) ?? readTable(teacher, path, clean, who)
    read.set(path, found)
    const { table, hash } = await found
    assertRows(table, { path, split, clean, isOwnFile: !isOfTrainFile(clean, split), who })
    if (!assertInputs(table, hash, clean, { path, split, who })) unchecked.add(path)
    tables[split] = table
  }
  const first = basename(given.train)
  const kept = keptAnswers(logitTables(tables, { fixed }), first)
  const notes =
    unchecked.size === 0
      ? []
      : [
          await orderWarning(
            kept,
            clean,
            `${who}.logits (${[...unchecked].map((path) => basename(path)).join(', ')})`,
          ),
        ]
  return { teacher: kept, splits: new Set(Object.keys(tables) as AnswerSplit[]), notes }
}

interface ReadTable {
  readonly table: LogitTable
  /** The SHA-256 of the inputs that the file names, if it does. */
  readonly hash: string | undefined
}

async function readTable(
  { classes, outputs, temperature = 1 }: TeacherConfig,
  path: string,
  clean: AnyDataset,
  who: string,
): Promise<ReadTable> {
  let given: LogitTable
  let hash: string | undefined
  try {
    const bytes = await readRegularFile(path)
    // An npy file, which begins with 0x93, and Parquet have no place for a hash.
    const isParquet = String.fromCharCode(...bytes.subarray(0, 4)) === 'PAR1'
    given = isParquet ? await parquetLogitTable(bytes) : readLogitTable(bytes)
    hash = isParquet || bytes[0] === 0x93 ? undefined : readSafetensorsMetadata(bytes).get('inputs_sha256')
  } catch (error) {
    throw ofFile(error, `${who}.logits`, path)
  }
  const picked = teacherOutputs(classes, clean, who)
  const wanted = taskOf(clean).outputShape.at(-1)!
  const outside = picked?.find((output) => output >= given.classes)
  if (outside !== undefined) {
    throw new ShapeError(
      `${who}.classes must be outputs below ${given.classes}, as ${path} has, got ${outside}`,
    )
  }
  if (picked === undefined && given.classes !== wanted) {
    throw new ShapeError(
      `${who}.logits: ${path} must have logits of the ${wanted} classes of ${clean.name}, got ${given.classes}`,
      { hint: `say by ${who}.classes which of its columns each class of the data is` },
    )
  }
  const own = picked === undefined ? given : { ...given, ...columnsOf(given, picked) }
  if (outputs !== 'probabilities') return { table: own, hash }
  return {
    table: { ...own, logits: probabilityLogits(own.logits, temperature, `${who}.logits: ${path}`) },
    hash,
  }
}

function columnsOf(
  { logits, classes }: LogitTable,
  picked: readonly number[],
): Pick<LogitTable, 'logits' | 'classes'> {
  const rows = logits.length / classes
  const chosen = new Float32Array(rows * picked.length)
  for (let at = 0; at < chosen.length; at++) {
    const row = Math.floor(at / picked.length)
    chosen[at] = logits[row * classes + picked[at % picked.length]!]!
  }
  return { logits: chosen, classes: picked.length }
}

/** One file is about the file of the training split: about the others where they were held out of it. */
function splitsOfOneFile(
  path: string,
  clean: AnyDataset,
): Partial<Record<AnswerSplit, string>> & { train: string } {
  return { train: path, ...(isOfTrainFile(clean, 'test') && { test: path }) }
}

/** Tells whether a split has rows of the same file as the training split: then no example has the id of one of these. */
function isOfTrainFile(clean: AnyDataset, split: AnswerSplit): boolean {
  if (split === 'train') return true
  const own = new Set(clean.train.ids)
  return clean[split]?.ids.some((id) => own.has(id)) === false
}

interface TablePlace {
  readonly path: string
  readonly split: AnswerSplit
  readonly clean: AnyDataset
  /** Whether the split has a file of its own. */
  readonly isOwnFile: boolean
  readonly who: string
}

function assertRows({ logits, classes, ids }: LogitTable, place: TablePlace): void {
  const { path, split, clean, isOwnFile, who } = place
  const rows = logits.length / classes
  const wanted = clean[split]!.ids
  const known = ids && new Set(ids)
  const missing = wanted.find((id) => (known === undefined ? id >= rows : !known.has(id)))
  if (missing !== undefined) {
    throw new KdError(
      `${who}.logits: ${path} must have a row for every example of ${split}, got ${rows} rows and none for the id ${missing}`,
      {
        hint: "the id of an example is its row in the data's own file, from 0; a split with a file of its own needs a table of its own",
      },
    )
  }
  const examples = isOwnFile ? wanted.length : clean.sourceExamples
  if (ids === undefined && examples !== undefined && rows > examples) {
    throw new KdError(
      `${who}.logits: ${path} must have as many rows as the file of the data has examples, ${examples}, got ${rows}`,
      {
        hint: 'where rows are not the examples in their order, add the tensor or column of ids, see docs/teachers.md',
      },
    )
  }
}

/** How good a table is shows whether its order is right: a wrong one is as good as chance. */
async function orderWarning(teacher: Teacher, clean: AnyDataset, where: string): Promise<string> {
  const { name, monitor } = taskOf(clean)
  const figures: Figures = (await evaluate(teacher, clean, { split: 'train' })).figures
  const value = figures[monitor]!
  const found =
    name === 'classification'
      ? `they are right about ${(100 * (figures['top1'] ?? value)).toFixed(1)} % of the training labels; in a wrong order about ${(100 / clean.classNames.length).toFixed(1)} % would be`
      : `their ${monitor} on the training labels is ${value.toPrecision(4)}`
  return `${where}: nothing shows that its rows are in the order of the data; ${found}`
}
