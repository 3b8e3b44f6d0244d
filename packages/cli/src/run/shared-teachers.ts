import type { LayersModel } from '@tensorflow/tfjs-layers'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { modelTensors, writeSafetensors } from '@kd/models'
import { loadWeights } from './saved-model.js'
import { writeError, writeFileSafely } from './write-file-safely.js'

/** Teachers trained by recipes, kept for all runs of a comparison: `<folder>/<identity>.safetensors`. */
export class SharedTeachers {
  readonly #folder: string

  /** @param folder - made when the first teacher is kept */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Whether a teacher of this identity was trained already. */
  async has(identity: string): Promise<boolean> {
    return (await stat(this.#path(identity)).catch(() => undefined)) !== undefined
  }

  /**
   * Gives a model the weights of a teacher that was trained before: the very bits, so that it teaches the same.
   *
   * @param model - changed in place
   * @param identity - see `teacherIdentity`
   */
  async load(model: LayersModel, identity: string): Promise<void> {
    await loadWeights(model, this.#path(identity))
  }

  /**
   * Keeps a trained teacher. Of two processes that trained the same, either's file is right.
   *
   * @param model - trained
   * @param identity - see `teacherIdentity`
   */
  async keep(model: LayersModel, identity: string): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true })
    } catch (error) {
      throw writeError(this.#folder, error)
    }
    await writeFileSafely(this.#path(identity), writeSafetensors(await modelTensors(model)))
  }

  #path(identity: string): string {
    return join(this.#folder, `${identity}.safetensors`)
  }
}
