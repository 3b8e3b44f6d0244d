import { assertInRange, assertPositive, InvalidArgumentError } from '@kd/core'
import { mixingRules, type MixingVariant } from './mixing-rules.js'
import type { MixingUpdate } from './mixing-update.js'

/** Options of {@link adaptiveMixing}; see {@link adaptiveMixingPresets} for the authors' settings. */
export interface AdaptiveMixingOptions {
  /**
   * How many teachers are mixed, >= 1; the run must have as many.
   * @defaultValue 1
   */
  readonly teachers?: number
  /**
   * Range of the weights: `'amal'` each on its own in (0, 2), `'alm-kd'` teachers in (0, 1) and the label 1 less the
   * largest of them, `'softmax'` all in (0, 1) with sum 1.
   * @defaultValue 'amal'
   */
  readonly variant?: MixingVariant
  /**
   * Softens teachers and student, > 0.
   * @defaultValue 4
   */
  readonly temperature?: number
  /**
   * Weight that each teacher begins with (`'amal'`) or all together (`'softmax'`), in (0, 1); the label has the rest.
   * Without effect on `'alm-kd'`, whose weights begin at random.
   * @defaultValue 0.9
   */
  readonly teacherWeight?: number
  /**
   * Updates come before every epoch that is a multiple of this, >= 1.
   * @defaultValue 10
   */
  readonly every?: number
  /**
   * No update before this epoch.
   * @defaultValue 10
   */
  readonly warmUpEpochs?: number
  /**
   * What the gradient is multiplied by, > 0. The gradient itself shrinks with the learning rate and the batch size.
   * @defaultValue 1500 for `'amal'` and `'softmax'`, 2000 for `'alm-kd'`
   */
  readonly stepSize?: number
  /**
   * Steps on each group of training examples at an update, >= 1.
   * @defaultValue 5, for `'alm-kd'` 10
   */
  readonly repeats?: number
  /**
   * Batch size of the training, by which gradients are divided.
   * @defaultValue 128
   */
  readonly batchSize?: number
  /**
   * Batches that make one look-ahead step together, >= 1.
   * @defaultValue 3
   */
  readonly groupBatches?: number
  /**
   * Held-out examples that a group is judged on, >= 1; the next group is judged on the next ones. Infinity for all.
   * @defaultValue 1000, for `'alm-kd'` Infinity
   */
  readonly validationBatchSize?: number
  /**
   * How much the group's own labels count beside the held-out ones in judging it, in [0, 1).
   * @defaultValue 0, for `'alm-kd'` 0.25
   */
  readonly trainShare?: number
  /**
   * What takes the step in thought: the student's last layer, by the closed form of {@link mixingGradient}, or all of it, by the
   * differences of {@link lookAheadGradient}, which costs several passes over each group and keeps the held-out inputs in memory.
   * @defaultValue 'last-layer'
   */
  readonly lookAhead?: 'last-layer' | 'network'
  /** Called after each update with figures for the log. */
  readonly onUpdate?: (update: MixingUpdate) => void
}

/** All options but the callback, with defaults filled in. */
export type MixingSettings = Readonly<Required<Omit<AdaptiveMixingOptions, 'onUpdate'>>>

const variantDefaults = {
  amal: { stepSize: 1500, repeats: 5, validationBatchSize: 1000, trainShare: 0 },
  'alm-kd': { stepSize: 2000, repeats: 10, validationBatchSize: Infinity, trainShare: 0.25 },
  softmax: { stepSize: 1500, repeats: 5, validationBatchSize: 1000, trainShare: 0 },
}

/**
 * Fills in defaults and checks ranges.
 *
 * @param options - as the user gave them
 * @returns what `adaptiveMixing` works with
 * @throws {@link InvalidArgumentError} for an unknown variant or a number out of range
 */
export function mixingSettings({ variant = 'amal', ...options }: AdaptiveMixingOptions): MixingSettings {
  if (!Object.hasOwn(mixingRules, variant)) {
    throw new InvalidArgumentError(
      `adaptiveMixing: variant must be ${Object.keys(mixingRules).join(', ')}, got ${variant}`,
    )
  }
  const { lookAhead = 'last-layer' } = options
  const lookAheads: readonly string[] = ['last-layer', 'network']
  if (!lookAheads.includes(lookAhead)) {
    throw new InvalidArgumentError(
      `adaptiveMixing: lookAhead must be ${lookAheads.join(' or ')}, got ${lookAhead}`,
    )
  }
  const settings: MixingSettings = {
    teachers: options.teachers ?? 1,
    variant,
    temperature: options.temperature ?? 4,
    teacherWeight: options.teacherWeight ?? 0.9,
    every: options.every ?? 10,
    warmUpEpochs: options.warmUpEpochs ?? 10,
    stepSize: options.stepSize ?? variantDefaults[variant].stepSize,
    repeats: options.repeats ?? variantDefaults[variant].repeats,
    batchSize: options.batchSize ?? 128,
    groupBatches: options.groupBatches ?? 3,
    validationBatchSize: options.validationBatchSize ?? variantDefaults[variant].validationBatchSize,
    trainShare: options.trainShare ?? variantDefaults[variant].trainShare,
    lookAhead,
  }
  for (const name of ['temperature', 'stepSize'] as const)
    assertPositive(settings[name], name, 'adaptiveMixing')
  for (const name of ['teachers', 'every', 'repeats', 'batchSize', 'groupBatches'] as const) {
    assertCount(settings[name], name, 1)
  }
  assertCount(settings.warmUpEpochs, 'warmUpEpochs', 0)
  if (settings.validationBatchSize !== Infinity) {
    assertCount(settings.validationBatchSize, 'validationBatchSize', 1)
  }
  const open = { min: 0, max: 1, minOpen: true, maxOpen: true }
  assertInRange(settings.teacherWeight, open, 'teacherWeight', 'adaptiveMixing')
  assertInRange(settings.trainShare, { ...open, minOpen: false }, 'trainShare', 'adaptiveMixing')
  return settings
}

function assertCount(value: number, argument: string, min: number): void {
  if (Number.isInteger(value) && value >= min) return
  throw new InvalidArgumentError(`adaptiveMixing: ${argument} must be a whole number >= ${min}, got ${value}`)
}
