import { taskOf, type AnyDataset, type Normalization } from '@kd/core'
import { join } from 'node:path'
import * as z from 'zod'
import { readRegularText } from '../../config/regular-file.js'
import { UsageError } from '../../config/usage-error.js'
import { writeFileSafely } from '../folder/write-file-safely.js'

/** The file beside `model.json` that says what the model is to be given, and what its outputs mean. */
const FILE = 'input.json'
/** More than any description has: a hundred thousand columns or classes. */
const MAX_BYTES = 20_000_000

const names = z.array(z.string())
const normalization = z.object({
  mean: z.array(z.number()).min(1),
  standardDeviation: z.array(z.number().positive()).min(1),
})
const shape = z.array(z.int().min(1)).min(1).max(8)
const fileSchema = z.object({ shape, columns: names.optional(), normalization, classNames: names })
/** Runs of versions before 0.2 have no input.json, and most of it in their environment.json. */
const environmentSchema = z.object({
  data: z.object({ inputShape: shape, normalization, classNames: names }),
})

/** What the model of a run is to be given, and what its outputs mean. */
export interface InputDescription {
  /** The shape of one input, channels last. */
  readonly shape: readonly number[]
  /** Names of the numbers of an input, in their order, where they have names. */
  readonly columns?: readonly string[] | undefined
  /** What was done to the inputs that it was trained on. */
  readonly normalization: Normalization
  /** What each output stands for. */
  readonly classNames: readonly string[]
}

/**
 * Writes `input.json` into the folder of a model, so that anybody can use the model who has this folder alone.
 *
 * @param folder - which is there
 * @param dataset - that the model was trained on
 */
export async function writeInputDescription(folder: string, dataset: AnyDataset): Promise<void> {
  const { inputShape, featureNames, normalization: used, classNames, train } = dataset
  const description = {
    task: taskOf(dataset).name,
    shape: inputShape,
    layout: layoutOf(inputShape),
    values: train.inputs instanceof Uint8Array ? 'bytes, from 0 to 255' : 'numbers as they are in the data',
    ...(featureNames && { columns: featureNames }),
    normalization: { formula: '(input - mean) / standardDeviation, for each channel', ...used },
    classNames,
  }
  await writeFileSafely(join(folder, FILE), `${JSON.stringify(description, null, 2)}\n`)
}

function layoutOf({ length }: readonly number[]): string {
  if (length === 1) return '[features]'
  return length === 3 ? '[height, width, channels]' : 'channels last'
}

/**
 * Reads what the student of a run is to be given.
 *
 * @param run - folder of the run
 * @returns the description, and whether it is that of an older run, which does not name its columns; undefined where there is none
 * @throws {@link UsageError} when a file is there but holds something else
 */
export async function readInputDescription(
  run: string,
): Promise<{ readonly description: InputDescription; readonly isOld: boolean } | undefined> {
  const own = await checked(join(run, 'student', FILE), fileSchema)
  if (own !== undefined) return { description: own, isOld: false }
  const old = await checked(join(run, 'environment.json'), environmentSchema)
  if (old === undefined) return undefined
  const { inputShape, ...others } = old.data
  return { description: { shape: inputShape, ...others }, isOld: true }
}

async function checked<Value>(path: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  const fail = (reason: string): never => {
    throw new UsageError(`${path} must be what a run wrote, got ${reason}`)
  }
  let value: unknown
  try {
    value = JSON.parse(await readRegularText(path, MAX_BYTES))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    return fail(error instanceof SyntaxError ? 'no JSON' : (code ?? String(error)))
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path: at, message } = parsed.error.issues[0]!
  return fail(`at ${at.join('.').slice(0, 100) || 'its top'}: ${message.slice(0, 200)}`)
}
