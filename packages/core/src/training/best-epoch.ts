import type { Model } from '../model/model.js'
import { readWeights, writeWeights } from '../model/model-weights.js'
import type { TensorValues } from '../model/tensor-values.js'
import type { Figures } from '../task/task.js'
import type { BestEpoch } from './distillation-options.js'

/** Which figure makes an epoch the best, and which way. */
export interface Monitor {
  readonly figure: string
  readonly better: 'higher' | 'lower'
}

/** Remembers the epoch best on the validation split, with its weights. */
export class BestEpochTracker {
  readonly #student: Model
  readonly #monitor: Monitor
  #best: BestEpoch | undefined
  #weights: readonly TensorValues[] = []

  constructor(student: Model, monitor: Monitor) {
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

  /** Looks at one more epoch; the first of equals stays, and a number is better than none. */
  async take(epoch: number, validation: Figures): Promise<void> {
    if (this.#best !== undefined && !this.#isBetter(validation, this.#best.validation)) return
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

  #isBetter(figures: Figures, before: Figures): boolean {
    const { figure, better } = this.#monitor
    const [value, other] = [figures[figure] ?? NaN, before[figure] ?? NaN]
    if (Number.isNaN(other)) return !Number.isNaN(value)
    // Examples without a finite prediction are left out of losses and errors: fewer of them come before a smaller error.
    const more = (figures['nonFinite'] ?? 0) - (before['nonFinite'] ?? 0)
    if (better === 'lower' && more !== 0) return more < 0
    return better === 'higher' ? value > other : value < other
  }
}
