import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { ClassificationMetrics } from '../metrics/classification-metrics.js'
import type { BestEpoch } from './distillation-options.js'
import { readWeights, writeWeights } from './model-weights.js'
import type { TensorValues } from './training-checkpoint.js'

/** Remembers the epoch best on the validation split, with its weights. */
export class BestEpochTracker {
  readonly #student: LayersModel
  readonly #monitor: 'top1' | 'loss'
  #best: BestEpoch | undefined
  #weights: readonly TensorValues[] = []

  constructor(student: LayersModel, monitor: 'top1' | 'loss') {
    this.#student = student
    this.#monitor = monitor
  }

  /** The best epoch so far. */
  get best(): BestEpoch | undefined {
    return this.#best
  }

  /** The student's weights in that epoch, none without one. */
  get weights(): readonly TensorValues[] {
    return this.#weights
  }

  /** Looks at one more epoch; the first of equals stays. */
  async take(epoch: number, validation: ClassificationMetrics): Promise<void> {
    const quality = (metrics: ClassificationMetrics): number =>
      this.#monitor === 'loss' ? -metrics.loss : metrics.top1
    if (this.#best !== undefined && !(quality(validation) > quality(this.#best.validation))) return
    this.goOn({ epoch, validation }, await readWeights(this.#student))
  }

  /** Takes an epoch as the best one so far. */
  goOn({ epoch, validation }: Omit<BestEpoch, 'restore'>, weights: readonly TensorValues[]): void {
    this.#weights = weights
    this.#best = {
      epoch,
      validation,
      restore: () => {
        writeWeights(this.#student, weights)
      },
    }
  }
}
