import { assertInRange, assertPositive } from './assertions.js'
import { InvalidArgumentError } from './errors.js'

/** Where a run is. */
export interface SchedulePosition {
  /** Whole epochs done. */
  readonly epoch: number
  /** Steps done in this epoch. */
  readonly step: number
  /** Steps that an epoch has. */
  readonly stepsPerEpoch: number
  /** Epochs that the run has. */
  readonly epochs: number
}

/** The learning rate of each step: a pure function of the position, so that a resumed run has the same one. */
export type LearningRateSchedule = (position: SchedulePosition) => number

/**
 * The same learning rate at every step.
 *
 * @param learningRate - > 0
 * @returns the schedule
 * @throws {@link InvalidArgumentError} when the rate is not > 0
 */
export function constant(learningRate: number): LearningRateSchedule {
  assertPositive(learningRate, 'learningRate', 'constant')
  return () => learningRate
}

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  /** Learning rate of the first epoch, > 0. */
  readonly initial: number
  /** Epochs, from 0 and rising, from which on the rate is multiplied once more. */
  readonly milestones: readonly number[]
  /**
   * What it is multiplied by, > 0.
   * @defaultValue 0.1
   */
  readonly factor?: number
}

/**
 * A learning rate that drops at given epochs: initial * factor^(milestones reached). PyTorch's MultiStepLR.
 *
 * @param options - see {@link StepDecayOptions}
 * @returns the schedule
 * @throws {@link InvalidArgumentError} when a number is not > 0 or the milestones do not rise
 *
 * @example
 * ```ts
 * import { stepDecay } from '@kd/core'
 *
 * const schedule = stepDecay({ initial: 0.05, milestones: [150, 180, 210] })
 * console.log(schedule({ epoch: 160, step: 0, stepsPerEpoch: 100, epochs: 240 })) // 0.005
 * ```
 */
export function stepDecay({ initial, milestones, factor = 0.1 }: StepDecayOptions): LearningRateSchedule {
  assertPositive(initial, 'initial', 'stepDecay')
  assertPositive(factor, 'factor', 'stepDecay')
  if (milestones.some((milestone, index) => !(milestone > (milestones[index - 1] ?? -1)))) {
    throw new InvalidArgumentError(
      `stepDecay: milestones must be rising epochs >= 0, got [${milestones.join(', ')}]`,
    )
  }
  return ({ epoch }) => initial * factor ** milestones.filter((milestone) => epoch >= milestone).length
}

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions {
  /** Learning rate at the start, > 0. */
  readonly initial: number
  /**
   * Learning rate that it falls to, >= 0.
   * @defaultValue 0
   */
  readonly final?: number
  /**
   * Whether the rate changes at each step or, as PyTorch's CosineAnnealingLR is usually run, at each epoch.
   * @defaultValue 'epoch'
   */
  readonly every?: 'epoch' | 'step'
}

/**
 * Half a cosine from the initial to the final learning rate over the whole run:
 * final + (initial - final) (1 + cos(pi * epoch / epochs)) / 2.
 *
 * @param options - see {@link CosineDecayOptions}
 * @returns the schedule
 * @throws {@link InvalidArgumentError} when a rate is out of range
 */
export function cosineDecay({
  initial,
  final = 0,
  every = 'epoch',
}: CosineDecayOptions): LearningRateSchedule {
  assertPositive(initial, 'initial', 'cosineDecay')
  assertInRange(final, { min: 0, max: initial }, 'final', 'cosineDecay')
  return ({ epoch, step, stepsPerEpoch, epochs }) => {
    const done = (every === 'step' ? epoch + step / stepsPerEpoch : epoch) / epochs
    return final + ((initial - final) * (1 + Math.cos(Math.PI * done))) / 2
  }
}

/**
 * Lets another schedule start gently: over the first epochs its rate is multiplied by a factor that rises step by step to 1.
 *
 * @param schedule - what follows; it keeps counting from the run's start
 * @param options - `epochs`: how long the rise takes, > 0, fractions allowed
 * @returns the schedule
 * @throws {@link InvalidArgumentError} when epochs is not > 0
 *
 * @example
 * ```ts
 * import { cosineDecay, warmUp } from '@kd/core'
 *
 * const schedule = warmUp(cosineDecay({ initial: 0.1 }), { epochs: 5 })
 * console.log(schedule({ epoch: 0, step: 0, stepsPerEpoch: 10, epochs: 100 })) // 0.002
 * ```
 */
export function warmUp(
  schedule: LearningRateSchedule,
  { epochs }: { readonly epochs: number },
): LearningRateSchedule {
  assertPositive(epochs, 'epochs', 'warmUp')
  return (position) => {
    const stepsDone = position.epoch * position.stepsPerEpoch + position.step
    return schedule(position) * Math.min(1, (stepsDone + 1) / (epochs * position.stepsPerEpoch))
  }
}
