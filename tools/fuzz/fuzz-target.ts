import type { RandomSource } from '../../packages/core/src/index.js'

/** Something that reads what may come from anywhere. */
export interface FuzzTarget {
  /** Makes the next input, or a promise of it: something valid that was changed. */
  readonly make: (random: RandomSource) => unknown
  /**
   * Reads it; throws an error of ours, or gives back what it read.
   *
   * @throws {@link BrokenPromise} where it let something through that it must refuse
   */
  readonly read: (input: unknown) => unknown
  /** Whether an error is one of ours, for a package that has no class for them. @defaultValue KdError */
  readonly isOwn?: (error: Error) => boolean
}

/** An input was taken that must be refused. */
export class BrokenPromise extends Error {}
