import * as tf from '@tensorflow/tfjs-core'
import { KdError, type EpochStudent, type PassBatch } from '@kd/core'
import { lookAheadGradient } from '../look-ahead-gradient/look-ahead-gradient.js'
import { lastLayerStep, type LookAheadStep } from '../mixing-gradient/last-layer-step.js'
import { mixingTerms } from '../terms/mixing-terms.js'
import { lastLayer, type HeldOutBatch } from './held-out-examples.js'
import type { MixingSettings } from './mixing-options.js'
import { mixingRules } from './mixing-rules.js'
import type { MixingTable } from './mixing-table.js'
import { termGradients } from './term-gradients.js'

/** One group of training examples, and what it is judged on. */
export interface GroupUpdate {
  readonly batch: PassBatch
  readonly validation: HeldOutBatch
  readonly learningRate: number
  readonly terms: readonly string[]
  readonly student: EpochStudent
}

/**
 * Descends the look-ahead loss of one group in its mixing weights, `repeats` times.
 *
 * @param table - is read and written
 * @param settings - of the method
 * @param update - the group
 * @throws {@link KdError} that names the example where a gradient is not finite
 */
export async function updateGroup(
  table: MixingTable,
  settings: MixingSettings,
  update: GroupUpdate,
): Promise<void> {
  const { batch } = update
  const gradients = termGradients(batch, settings)
  const judges = judgesOf(gradients, settings, update)
  const rule = mixingRules[settings.variant]
  const numbers = { columns: gradients.length, stepSize: settings.stepSize }
  try {
    const weights = table.read(batch.ids)
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
      const slope = await slopeOf(weights, judges, [batch.ids.length, gradients.length])
      if (!slope.every(Number.isFinite)) await throwNotFinite(gradients, update)
      rule.step(weights, slope, numbers)
    }
    table.write(batch.ids, weights)
  } finally {
    tf.dispose(gradients)
    for (const { step } of judges) step.dispose()
  }
}

/** What a step is judged by, and how much it counts. */
interface Judge {
  readonly share: number
  readonly step: LookAheadStep
}

function judgesOf(gradients: readonly tf.Tensor2D[], settings: MixingSettings, update: GroupUpdate): Judge[] {
  const { batch, validation } = update
  const { trainShare } = settings
  const makeStep = (examples: HeldOutBatch): LookAheadStep =>
    settings.lookAhead === 'network'
      ? networkStep(settings, update, examples)
      : lastLayerStep({
          termGradients: gradients,
          features: lastLayer(batch).features,
          validation: examples,
          learningRate: update.learningRate,
        })
  const own = { ...lastLayer(batch), inputs: batch.inputs, ids: batch.ids }
  return [
    { share: 1 - trainShare, step: makeStep(validation) },
    ...(trainShare > 0 ? [{ share: trainShare, step: makeStep(own) }] : []),
  ]
}

function networkStep(
  settings: MixingSettings,
  { batch, learningRate, student }: GroupUpdate,
  { inputs, labels }: HeldOutBatch,
): LookAheadStep {
  return {
    gradient: (weights) =>
      lookAheadGradient({
        student,
        inputs: batch.inputs,
        termLosses: (studentLogits) => mixingTerms({ ...batch, studentLogits }, settings, 'adaptiveMixing'),
        validation: { inputs: inputs!, labels },
        weights,
        learningRate,
        batchSize: settings.batchSize,
      }),
    dispose: () => undefined,
  }
}

async function slopeOf(
  weights: Float32Array,
  judges: readonly Judge[],
  shape: [number, number],
): Promise<Float32Array> {
  const slope = tf.tidy(() => {
    const at = tf.tensor2d(weights.slice(), shape)
    const slopes = judges.map(({ share, step }) => tf.mul<tf.Tensor2D>(share, step.gradient(at)))
    return slopes.reduce((left, right) => tf.add(left, right))
  })
  const values = await slope.data<'float32'>()
  slope.dispose()
  return values
}

/** One bad number spoils the step of its whole group, so it is looked for only when the harm is done. */
async function throwNotFinite(
  gradients: readonly tf.Tensor2D[],
  { batch, terms, validation }: GroupUpdate,
): Promise<never> {
  const tables = [
    ...gradients.map((tensor, term) => ({ what: `the gradient of ${terms[term]!}`, tensor })),
    { what: "the student's features", tensor: lastLayer(batch).features },
  ]
  for (const { what, tensor } of tables) {
    const values = await tensor.data()
    const index = values.findIndex((value) => !Number.isFinite(value))
    if (index === -1) continue
    const id = batch.ids[Math.floor(index / tensor.shape[1])]
    throw new KdError(
      `adaptiveMixing: ${what} must be finite, got ${values[index]} for the example with id ${id}`,
    )
  }
  for (const tensor of [validation.logits, validation.features]) {
    const values = await tensor.data()
    const index = values.findIndex((value) => !Number.isFinite(value))
    if (index === -1) continue
    const id = validation.ids[Math.floor(index / tensor.shape[1])]
    throw new KdError(
      `adaptiveMixing: the student must be finite on the validation split, got ${values[index]} for the example with id ${id}`,
      { hint: 'lower the learning rate' },
    )
  }
  throw new KdError('adaptiveMixing: the look-ahead step must stay finite, got one that overflows', {
    hint: 'lower the learning rate',
  })
}
