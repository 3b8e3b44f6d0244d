import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core'

/** A rule by which variables follow their gradients. It keeps nothing itself, so one can serve any number of runs. */
export interface Optimizer {
  readonly name: string
  /** Begins with empty state, for one set of variables. */
  start(): RunningOptimizer
}

/**
 * An optimizer with the state of one set of variables. It keeps its state by the position of a variable, so every call gets the
 * same variables in the same order.
 */
export interface RunningOptimizer {
  /**
   * Takes one step in place.
   *
   * @param variables - what to change
   * @param gradients - one per variable, or undefined where the loss does not depend on it
   * @param learningRate - the rate of this step
   */
  step(variables: readonly Variable[], gradients: readonly (Tensor | undefined)[], learningRate: number): void
  /** The state as tensors, so that a resumed run goes on as the same run. They stay the optimizer's: do not dispose them. */
  state(): NamedTensorMap
  /** Takes over a copy of what `state` gave. */
  loadState(state: NamedTensorMap): void
  /** Frees the state. */
  dispose(): void
}
