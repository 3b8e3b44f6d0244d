import type { LayersModel } from '@tensorflow/tfjs-layers'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod'
import type { RunFolder } from '../folder/run-folder.js'
import { RunLog } from '../log/run-log.js'
import { loadWeights, saveModel } from '../model/saved-model.js'
import { writeFileSafely } from '../folder/write-file-safely.js'
import { readRegularFile, readRegularText } from '../../config/regular-file.js'

const recordSchema = z.strictObject({
  /** SHA-256 of the data that the recipe trained it on. */
  data: z.string(),
  /** SHA-256 of teacher.safetensors. */
  weights: z.string(),
  /** How long metrics.jsonl was when its training had ended. */
  metricsBytes: z.int().min(0),
})

/** A teacher that a run trained by its recipe: `teacher-1/` and so on in the run's folder. */
export class SavedTeacher {
  readonly #run: RunFolder
  readonly #name: string

  /**
   * @param run - the run's folder
   * @param index - of the teacher, from 0
   * @param epoch - of its recipe, from 1, for a checkpoint
   */
  constructor(run: RunFolder, index: number, epoch?: number) {
    this.#run = run
    this.#name = epoch === undefined ? `teacher-${index + 1}` : `teacher-${index + 1}-epoch-${epoch}`
  }

  /** Saves the model, and last of all what {@link SavedTeacher.load} checks it by. */
  async save(model: LayersModel, data: string): Promise<void> {
    const folder = await this.#run.makeFolder(this.#name)
    await saveModel(model, folder, 'teacher')
    const record: z.output<typeof recordSchema> = {
      data,
      weights: sha256(await readRegularFile(join(folder, 'teacher.safetensors'))),
      metricsBytes: await new RunLog(this.#run).bytes(),
    }
    await writeFileSafely(join(folder, 'training.json'), `${JSON.stringify(record, null, 2)}\n`)
  }

  /**
   * Gives a model the saved weights.
   *
   * @param model - changed in place
   * @param data - hash of the data that the recipe would train it on
   * @returns how long metrics.jsonl was after its training; undefined when there is no such teacher, or a damaged one
   */
  async load(model: LayersModel, data: string): Promise<number | undefined> {
    const folder = join(this.#run.path, this.#name)
    const weights = join(folder, 'teacher.safetensors')
    const record = recordSchema.safeParse(await json(join(folder, 'training.json'))).data
    const bytes = await readRegularFile(weights).catch(() => undefined)
    if (record === undefined || bytes === undefined) return undefined
    if (record.data !== data || record.weights !== sha256(bytes)) return undefined
    await loadWeights(model, weights)
    return record.metricsBytes
  }
}

async function json(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readRegularText(path))
  } catch {
    // Missing or damaged: the teacher is trained again, to the same bits.
    return undefined
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
