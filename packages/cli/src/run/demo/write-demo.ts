import { KdError, taskOf, type EngineName } from '@kd/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { UsageError } from '../../config/usage-error.js'
import type { DemoContent, DemoModel } from './demo-content.js'
import { writeError, writeFileSafely } from '../folder/write-file-safely.js'
import type { OnRunProgress } from '../log/run-progress.js'
import { loadModel, tensorflowFiles } from '../model/saved-model.js'
import { openStudent } from '../open-student.js'
import { demoHtml } from './demo-html.js'

/** What {@link writeDemo} is told. */
export interface DemoOptions {
  /** Folder of the page. @defaultValue the run's folder with `-demo` behind its name */
  readonly out?: string
  /** Whether a page in `out` is replaced. @defaultValue false */
  readonly force?: boolean
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** The engine that loads the models. */
  readonly engine?: EngineName
  readonly onProgress?: OnRunProgress
}

const files: readonly string[] = ['content.js', 'demo-page.js', 'index.html']

/**
 * Writes a page that shows the student of a run, and its teacher where that is the student of another run or was trained by a recipe. It works from a
 * folder of files as from a server, and fetches nothing.
 *
 * @param run - its folder
 * @param options - see {@link DemoOptions}
 * @returns the page, and which models it shows
 * @throws {@link UsageError} when the folder is there already, or `run` is no run
 */
export async function writeDemo(
  run: string,
  { out = `${resolve(run)}-demo`, force = false, ...options }: DemoOptions = {},
): Promise<{ readonly page: string; readonly models: readonly string[] }> {
  const tell = options.onProgress ?? ((): void => undefined)
  const folder = resolve(out)
  await assertFree(folder, force)
  const opened = await openStudent(run, options)
  const { read, dataset, model } = opened
  try {
    if (opened.run === undefined) throw new UsageError(`${run} must be the folder of a run, got a file`)
    const { inputShape, featureNames, normalization, classNames, train } = dataset
    const example = [
      ...train.inputs.subarray(
        0,
        inputShape.reduce((product, length) => product * length, 1),
      ),
    ]
    const models = [await demoModel('student', model)]
    const teacher = await teacherOf(opened.run, read.config.teachers, tell)
    if (teacher !== undefined) models.push(await demoModel('teacher', teacher))
    teacher?.dispose()
    const content: DemoContent = {
      task: taskOf(dataset).name,
      shape: inputShape,
      largest: largestValue(train.inputs),
      columns: featureNames ?? [],
      classNames,
      normalization,
      example,
      models,
    }
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw writeError(folder, error)
    })
    await writeFileSafely(join(folder, 'content.js'), `const kdDemo = ${JSON.stringify(content)}\n`)
    await writeFileSafely(join(folder, 'demo-page.js'), await pageScript())
    await writeFileSafely(join(folder, 'index.html'), demoHtml)
    return { page: join(folder, 'index.html'), models: models.map(({ role, name }) => `${role} (${name})`) }
  } finally {
    model.dispose()
  }
}

/** What a white pixel is in the data. */
function largestValue(inputs: Uint8Array | Float32Array | Float64Array): number {
  if (inputs instanceof Uint8Array) return 255
  let largest = 0
  for (const value of inputs) largest = Math.max(largest, value)
  return largest || 1
}

/** The script of the page, which the build of this package makes. */
async function pageScript(): Promise<string> {
  const root = dirname(createRequire(import.meta.url).resolve('@kd/cli/package.json'))
  const path = join(root, 'dist/demo-page.js')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new KdError(`${path} must be there, got none`, { hint: 'npm run build -w @kd/cli', cause: error })
  }
}

async function teacherOf(
  run: string,
  teachers: readonly { readonly run?: string | undefined; readonly training?: unknown }[],
  tell: OnRunProgress,
): Promise<LayersModel | undefined> {
  const [teacher] = teachers
  if (teacher === undefined) return undefined
  try {
    if (teacher.run !== undefined) return await loadModel(join(teacher.run, 'student'))
    if (teacher.training !== undefined) return await loadModel(join(run, 'teacher-1'))
    tell({ kind: 'message', text: 'the page shows the student alone: its teacher is no model of a run' })
  } catch (error) {
    if (!KdError.isInstance(error)) throw error
    tell({ kind: 'message', text: `the page shows the student alone: ${error.message}` })
  }
  return undefined
}

async function demoModel(role: string, model: LayersModel): Promise<DemoModel> {
  const { modelJson, weights } = await tensorflowFiles(model)
  const { modelTopology, weightsManifest } = JSON.parse(modelJson) as {
    modelTopology: unknown
    weightsManifest: [{ weights: DemoModel['specs'] }]
  }
  return {
    role,
    name: model.name,
    bytes: weights.byteLength,
    topology: modelTopology,
    specs: weightsManifest[0].weights,
    weights: Buffer.from(weights).toString('base64'),
  }
}

async function assertFree(folder: string, force: boolean): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw writeError(folder, error)
  })
  const other = found.find((name) => !files.includes(name))
  if (other !== undefined) throw new UsageError(`${folder} must hold a page and nothing else, got ${other}`)
  if (found.length > 0 && !force)
    throw new UsageError(`${folder} holds a page already`, 'choose another folder with --out, or add --force')
}
