import {
  count,
  fraction,
  InvalidArgumentError,
  optionalOption,
  temperature,
  type OptionsOutput,
} from '@kd/core'
import * as z from 'zod/mini'
import { heldOutSize, optionalValidationBatchSize } from '../held-out/validation-batch-size.js'
import { givenTerms } from '../terms/given-terms.js'
import { seesInside } from '../terms/method-terms.js'
import { adaptiveMixingPresets, type MixingPreset } from './adaptive-mixing-presets.js'
import type { MixingVariant } from './mixing-rules.js'

const presetNames = Object.keys(adaptiveMixingPresets) as (keyof typeof adaptiveMixingPresets)[]

/** The options of {@link adaptiveMixing}. */
export const adaptiveMixingOptions = {
  preset: optionalOption(z.enum(presetNames), "the authors' settings by name; what stands beside it wins"),
  variant: optionalOption(
    z.enum(['amal', 'alm-kd', 'softmax']),
    "range of the weights: amal each on its own in (0, 2), alm-kd teachers in (0, 1) and the label 1 less the largest of them, softmax all in (0, 1) with sum 1; without it the preset's, or amal",
  ),
  terms: givenTerms(
    "methods whose losses are mixed with the label's; without it the divergence from each teacher",
  ),
  temperature: temperature(4, 'softens teachers and student; without effect on given terms'),
  teacherWeight: fraction(
    0.9,
    'weight that each teacher or given term begins with (amal) or all together (softmax), the label having the rest; without effect on alm-kd, whose weights begin at random',
    { above: true, below: true },
  ),
  every: count(10, 'updates come before every epoch that is a multiple of this'),
  warmUpEpochs: count(10, 'no update before this epoch', 0),
  stepSize: optionalOption(
    z.number().check(z.positive()),
    'what the gradient is multiplied by, which itself shrinks with the learning rate and the batch size; without it 1500, for alm-kd 2000',
  ),
  repeats: optionalOption(
    z.int().check(z.minimum(1)),
    'steps on each group of training examples at an update; without it 5, for alm-kd 10',
  ),
  groupBatches: optionalOption(
    z.int().check(z.minimum(1)),
    'batches that make one look-ahead step together; without it 3',
  ),
  validationBatchSize: optionalValidationBatchSize('1000, for alm-kd all'),
  trainShare: optionalOption(
    z.number().check(z.minimum(0), z.lt(1)),
    "how much the group's own labels count beside the held-out ones in judging it; without it 0, for alm-kd 0.25",
  ),
  lookAhead: optionalOption(
    z.enum(['last-layer', 'network']),
    'what makes the look-ahead step: last-layer, in closed form, or network, all layers at the cost of several passes over each group and with the held-out inputs in memory; without it last-layer, but network where a given term reads features of the student or other forms of the inputs',
  ),
}

/** The options as they were given, with the defaults that depend on no other option. */
export type GivenMixingOptions = OptionsOutput<typeof adaptiveMixingOptions>

/** What `adaptiveMixing` works with. */
export interface MixingSettings {
  readonly variant: MixingVariant
  readonly teacherWeight: number
  readonly every: number
  readonly warmUpEpochs: number
  readonly stepSize: number
  readonly repeats: number
  /** The batch size of the training. Gradients are divided by it. */
  readonly batchSize: number
  readonly groupBatches: number
  /** Infinity for all. */
  readonly validationBatchSize: number
  readonly trainShare: number
  readonly lookAhead: 'last-layer' | 'network'
}

const variantDefaults = {
  amal: { stepSize: 1500, repeats: 5, validationBatchSize: 1000, trainShare: 0 },
  'alm-kd': { stepSize: 2000, repeats: 10, validationBatchSize: 'all', trainShare: 0.25 },
  softmax: { stepSize: 1500, repeats: 5, validationBatchSize: 1000, trainShare: 0 },
} as const

/**
 * Fills in what depends on other options and on the run.
 *
 * @param options - as they were given
 * @param batchSize - of the run
 * @returns see {@link MixingSettings}
 */
export function mixingSettings(options: GivenMixingOptions, batchSize: number): MixingSettings {
  const preset: Partial<MixingPreset> =
    options.preset === undefined ? {} : adaptiveMixingPresets[options.preset]
  const variant = options.variant ?? preset.variant ?? 'amal'
  const defaults = variantDefaults[variant]
  const { teacherWeight, every, warmUpEpochs } = options
  return {
    variant,
    teacherWeight,
    every,
    warmUpEpochs,
    stepSize: options.stepSize ?? preset.stepSize ?? defaults.stepSize,
    repeats: options.repeats ?? preset.repeats ?? defaults.repeats,
    batchSize,
    groupBatches: options.groupBatches ?? preset.groupBatches ?? 3,
    validationBatchSize: heldOutSize(
      options.validationBatchSize ?? preset.validationBatchSize ?? defaults.validationBatchSize,
    ),
    trainShare: options.trainShare ?? preset.trainShare ?? defaults.trainShare,
    lookAhead: options.lookAhead ?? (options.terms?.some(seesInside) ? 'network' : 'last-layer'),
  }
}

/**
 * Checks given terms against what an update can learn from.
 *
 * @param options - as they were given
 * @throws {@link InvalidArgumentError} for a term that asks teachers about other forms of the inputs, which passes between epochs can't
 * do, and for one that the look-ahead through the last layer can't see
 */
export function checkTerms({ terms = [], lookAhead }: GivenMixingOptions): void {
  const asking = terms.find(({ needs: { views = {} } }) =>
    Object.values(views).some(({ teachers }) => teachers !== false),
  )
  if (asking !== undefined) {
    throw new InvalidArgumentError(
      `adaptiveMixing: terms must not ask teachers about other forms of the inputs, got ${asking.name}`,
      { hint: 'updates come between epochs, where teachers see the inputs as they are' },
    )
  }
  const inside = terms.find(seesInside)
  if (lookAhead !== 'last-layer' || inside === undefined) return
  throw new InvalidArgumentError(
    `adaptiveMixing: lookAhead must be network for a term that reads features of the student or other forms of the inputs, got last-layer with ${inside.name}`,
  )
}
