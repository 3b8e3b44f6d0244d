import type { MixingVariant } from './mixing-rules.js'

/** Options that a preset may set. */
export interface MixingPreset {
  readonly variant: MixingVariant
  readonly groupBatches?: number
  readonly stepSize?: number
  readonly repeats?: number
  readonly validationBatchSize?: number | 'all'
  readonly trainShare?: number
}

/**
 * The authors' settings for {@link adaptiveMixing}, from their code at its last state and, for ALM-KD, at 642fd9b; its option
 * `preset` takes their names. What a preset leaves out is the default of its variant: step size, repeats and range of the weights are
 * the same in all settings of one variant. The batch size is the run's; what the authors had stands with each preset.
 */
export const adaptiveMixingPresets = {
  /** AMAL on CIFAR-100, one teacher, batches of 128: groups of three batches, 1000 held-out examples at a time. */
  cifar100: { variant: 'amal', groupBatches: 3, validationBatchSize: 1000 },
  /** AMAL with teachers of four architectures, batches of 128: groups of four batches. */
  differentTeachers: { variant: 'amal', groupBatches: 4, validationBatchSize: 1000 },
  /** AMAL in the controlled experiment on generated data, batches of 128: groups of two batches. */
  synthetic: { variant: 'amal', groupBatches: 2, validationBatchSize: 1000 },
  /** AMAL on Stanford Cars: batches of 64, as many held-out examples. */
  cars: { variant: 'amal', groupBatches: 2, validationBatchSize: 64 },
  /** AMAL on FGVC-Aircraft: batches of 64, 200 held-out examples at a time. */
  aircraft: { variant: 'amal', groupBatches: 2, validationBatchSize: 200 },
  /** The first generation, batches of 128: one convex weight, drawn at random, judged on all held-out examples and the batch itself. */
  almKd: { variant: 'alm-kd', stepSize: 2000, repeats: 10, validationBatchSize: 'all', trainShare: 0.25 },
} as const satisfies Readonly<Record<string, MixingPreset>>
