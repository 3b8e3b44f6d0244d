import { evaluate, KdError, type EngineName, type Figures, type TeacherInput } from '@kd/core'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { UsageError } from '../../config/usage-error.js'
import { writeError, writeFileSafely } from '../folder/write-file-safely.js'
import type { OnRunProgress } from '../log/run-progress.js'
import { taskReport, type TaskReport } from '../log/run-result.js'
import { writeInputDescription } from '../model/input-description.js'
import { modelName } from '../../config/model-schema.js'
import { measureLatency, type Latency, type Predictor } from '../model/measure-latency.js'
import { openStudent } from '../open-student.js'
import { exportFiles, type ExportedStudent } from './export-files.js'
import { exportForms, type ExportForm, type ExportFormat, type ExportWeights } from './export-form.js'
import { loadExport } from './load-export.js'

/** What is exported, and where to. */
export interface ExportRunOptions {
  /** The formats. */
  readonly to: readonly ExportFormat[]
  /** Each format takes those that it has. @defaultValue ['float32'] */
  readonly weights?: readonly ExportWeights[]
  /** Folder of the exports, one folder in it for each. @defaultValue the run's folder with `-export` behind its name */
  readonly out?: string
  /** Whether exports in `out` are replaced. @defaultValue false */
  readonly force?: boolean
  /** Training examples that calibrate `int8-static`. @defaultValue 256 */
  readonly calibration?: number
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the config's. */
  readonly engine?: EngineName
  readonly onProgress?: OnRunProgress
  /** Ends the export; nothing of it is left. */
  readonly signal?: AbortSignal
}

/** One export, as it was found when its own runtime had loaded it again. */
export interface ExportReport extends ExportForm {
  readonly folder: string
  /** Of its files without `input.json`. */
  readonly bytes: number
  readonly figures: Figures
  /** The largest difference of a logit to the student's. */
  readonly largestDifference: number
  /** Of one example. */
  readonly latency: Latency
}

/** What an export wrote. */
export interface ExportRunResult {
  readonly model: string
  readonly dataset: string
  readonly task: TaskReport
  readonly split: 'train' | 'validation' | 'test'
  readonly engine: EngineName
  /** Of the student itself, on the engine. */
  readonly student: { readonly figures: Figures; readonly latency: Latency }
  readonly exports: readonly ExportReport[]
}

/** Of float32, relative to the largest logit: more than another order of sums makes, and far less than a mistake does. */
const TOLERANCE = 1e-4

/**
 * Exports the student of a run, loads each export again by the runtime that it is for, and compares it with the student on the test
 * split, or on the validation split where there is no test split. An export gets its name when all have passed: what was written is as good as the report says.
 *
 * @param run - its folder
 * @param options - see {@link ExportRunOptions}
 * @returns what was found of each export
 * @throws {@link UsageError} for a form that there is not, and a folder that is there already
 * @throws {@link KdError} where an export is not what the student is, or its runtime is not installed; nothing is written then
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { exportRun, runTraining } from '@kd/cli'
 *
 * const run = join(tmpdir(), 'my-exported-run')
 * const student = { model: { name: 'mlp', hiddenUnits: [128] } }
 * await runTraining({ dataset: { name: 'digits' }, student, training: { epochs: 1 }, engine: 'cpu' }, { out: run, force: true })
 * const { exports } = await exportRun(run, { to: ['tfjs'], weights: ['float32', 'int8'], force: true })
 * console.log(exports[1]!.bytes < 0.5 * exports[0]!.bytes) // true
 * ```
 */
export async function exportRun(run: string, options: ExportRunOptions): Promise<ExportRunResult> {
  const { to, weights = ['float32'], force = false, calibration = 256, signal } = options
  const tell = options.onProgress ?? ((): void => undefined)
  const out = resolve(options.out ?? `${resolve(run)}-export`)
  const places = exportForms(to, weights).map((form) => {
    const folder = join(out, `${form.format}-${form.weights}`)
    return { form, folder, temporary: `${folder}.${process.pid}.tmp` }
  })
  for (const { folder } of places) await assertFree(folder, force)
  const { model, dataset, engine, read, run: ofRun } = await openStudent(run, options)
  const split = dataset.test ? 'test' : dataset.validation ? 'validation' : 'train'
  const measure = async (asked: TeacherInput, predictor: Predictor): Promise<Measured> => {
    const { figures, logits } = await evaluate(asked, dataset, { split, ...(signal && { signal }) })
    const [latency] = await measureLatency(predictor, dataset.inputShape, { ...briefly, signal })
    if (latency !== undefined && !signal?.aborted) return { figures, logits, latency }
    throw new KdError('the export was ended, and nothing of it is left')
  }
  try {
    if (ofRun === undefined) throw new UsageError(`${run} must be the folder of a run, got a file`)
    const student = await measure(model, model)
    const wrong = student.logits.find((logit) => !Number.isFinite(logit))
    if (wrong !== undefined)
      throw new KdError(`the student must give finite logits on the ${split} split, got ${wrong}`)
    const exported = { model, dataset, calibration, source: basename(resolve(run)) }
    const reports: ExportReport[] = []
    for (const { form, folder, temporary } of places) {
      tell({ kind: 'message', text: `checking ${basename(folder)}` })
      const bytes = await writeExport(temporary, exported, form)
      const loaded = await loadExport(temporary, form.format, dataset, run)
      try {
        const { logits, ...found } = await measure(loaded.asked, loaded)
        reports.push({
          ...form,
          folder,
          bytes,
          ...found,
          largestDifference: assertClose(student, logits, form),
        })
      } finally {
        loaded.dispose()
      }
    }
    for (const { folder, temporary } of places) await replaceFolder(temporary, folder)
    const { figures, latency } = student
    return {
      model: modelName(read.config.student.model),
      dataset: dataset.name,
      task: taskReport(dataset),
      split,
      engine,
      student: { figures, latency },
      exports: reports,
    }
  } finally {
    model.dispose()
    for (const { temporary } of places) await rm(temporary, { recursive: true, force: true })
  }
}

interface Measured {
  readonly figures: Figures
  readonly logits: Float32Array
  readonly latency: Latency
}

const briefly = { batchSizes: [1], repetitions: 50, seconds: 1 } as const

async function assertFree(folder: string, force: boolean): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new UsageError(
      `${folder} must be free for an export, got something that is no folder (${String(code)})`,
    )
  })
  if (found === undefined) return
  if (!force) {
    throw new UsageError(
      `${folder} is there already`,
      'choose another folder with --out, or add --force to replace it',
    )
  }
  const other = found.find((name) => !ownFiles.includes(name))
  if (other !== undefined)
    throw new UsageError(`${folder} must hold an export and nothing else to be replaced, got ${other}`)
}

const ownFiles: readonly string[] = [
  'input.json',
  'student.onnx',
  'student.safetensors',
  'model.json',
  'weights.bin',
]

/** Writes one export and gives the bytes of its files. */
async function writeExport(folder: string, student: ExportedStudent, form: ExportForm): Promise<number> {
  const files = await exportFiles(student, form)
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeError(folder, error)
  })
  await writeInputDescription(folder, student.dataset, { source: { run: student.source, ...form } })
  let bytes = 0
  for (const [name, content] of Object.entries(files)) {
    await writeFileSafely(join(folder, name), content)
    bytes += typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength
  }
  return bytes
}

/** Gives the largest difference of a logit to the student's, which with float32 must be one of rounding. */
function assertClose(
  { logits: expected }: Measured,
  logits: Float32Array,
  { format, weights }: ExportForm,
): number {
  let [largest, difference] = [1, 0]
  for (const [at, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value))
    difference = Math.max(difference, Math.abs(logits[at]! - value))
  }
  const limit = weights === 'float32' ? TOLERANCE * largest : Infinity
  if (difference <= limit && Number.isFinite(difference)) return difference
  throw new KdError(
    `the ${format} export with ${weights} weights must give the student's logits${weights === 'float32' ? ` to ${limit.toPrecision(2)}` : ', finite ones'}, got a difference of ${difference}`,
    { hint: 'nothing was written; try another format, or other weights' },
  )
}

async function replaceFolder(from: string, to: string): Promise<void> {
  try {
    await rm(to, { recursive: true, force: true })
    await rename(from, to)
  } catch (error) {
    throw writeError(to, error)
  }
}
