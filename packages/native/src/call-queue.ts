import type { Addon } from './addon.js'
import { labelledRowKernels } from './fusion/row-kernel-table.js'
import { shared } from './numbers.js'

type Run = (...given: unknown[]) => unknown

/** Neither computes nor touches tensors. */
const anyTime = new Set(['allocate', 'getThreads', 'describe', 'version'])

/**
 * Fails when the values in its tensors are out of range, which the caller must learn at once; or concerns all later calls.
 */
const synchronous = new Set([
  'setThreads',
  'setWinograd',
  'cachedPrimitives',
  'gather',
  ...labelledRowKernels,
])

/**
 * Keeps calls of the addon back, in order, until somebody looks at a result. Kernels walk through more memory than the caches
 * hold; JavaScript that runs between them finds its own code and objects thrown out each time, and takes three times as long as
 * in one piece.
 */
export class CallQueue {
  /** The addon as kernels call it. What they give it must not be changed by JavaScript before the queue is empty. */
  readonly addon: Addon
  readonly #runs: Run[] = []
  readonly #arguments: unknown[][] = []
  readonly #numbers: Float64Array[] = []
  /** What errors call the functions that are kept back. */
  readonly #names = new Map<Run, string>()

  /** @param addon - whose calls are kept back */
  constructor(addon: Addon) {
    const wrapped: Record<string, Run> = {}
    for (const [name, run] of Object.entries(addon as unknown as Record<string, Run>)) {
      this.#names.set(run, name)
      wrapped[name] = anyTime.has(name) ? run : synchronous.has(name) ? this.#atOnce(run) : this.#later(run)
    }
    this.addon = wrapped as unknown as Addon
  }

  /** How many calls wait. */
  get length(): number {
    return this.#runs.length
  }

  /**
   * Makes the calls.
   *
   * @throws Error that names the first call that fails, with its error as cause; those behind it are dropped
   */
  flush(): void {
    let index = 0
    try {
      for (; index < this.#runs.length; index++) this.#runs[index]!(...this.#arguments[index]!)
    } catch (error) {
      const name = this.#names.get(this.#runs[index]!)
      throw new Error(
        `native: ${name} must succeed, got an error: ${(error as Error).message}\n` +
          '  the call was made before the operation that shows this error, and was computed only now',
        { cause: error },
      )
    } finally {
      this.#runs.length = 0
      this.#arguments.length = 0
    }
  }

  #atOnce(run: Run): Run {
    return (...given) => {
      this.flush()
      return run(...given)
    }
  }

  #later(run: Run): Run {
    return (...given) => {
      const last = given.length - 1
      if (given[last] === shared) {
        const kept = (this.#numbers[this.#runs.length] ??= new Float64Array(shared.length))
        kept.set(shared)
        given[last] = kept
      }
      this.#runs.push(run)
      this.#arguments.push(given)
    }
  }
}
