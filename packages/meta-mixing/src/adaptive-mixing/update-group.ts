import * as tf from '@tensorflow/tfjs-core'
import { KdError, type EpochStudent, type Step, type View } from '@kd/core'
import { lastLayer, type HeldOutBatch } from '../held-out/held-out-examples.js'
import { lookAheadGradient } from '../look-ahead-gradient/look-ahead-gradient.js'
import { lastLayerStep, type LookAheadStep } from '../mixing-gradient/last-layer-step.js'
import type { MixedTerms } from '../terms/mixed-terms.js'
import { scaledTerms } from '../terms/mixing-terms.js'
import type { MixingSettings } from './mixing-options.js'
import { mixingRules } from './mixing-rules.js'
import type { MixingTable } from './mixing-table.js'

/** One group of training examples, and what it is judged on. */
export interface GroupUpdate {
  readonly step: Step
  readonly validation: HeldOutBatch
  readonly learningRate: number
  readonly terms: MixedTerms
  readonly student: EpochStudent
  /** Further forms of the group's inputs that terms want to see, by name. */
  readonly viewInputs?: Readonly<Record<string, tf.Tensor>>
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
  const { step, terms } = update
  const columns = terms.names.length
  // Only the closed form works with gradients in the logits; some terms have none.
  const gradients = settings.lookAhead === 'network' ? [] : terms.gradients(step, settings.batchSize)
  const judges = judgesOf(gradients, settings, update)
  const rule = mixingRules[settings.variant]
  const numbers = { columns, stepSize: settings.stepSize }
  try {
    const weights = table.read(step.ids)
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
      const slope = await slopeOf(weights, judges, [step.ids.length, columns])
      if (!slope.every(Number.isFinite)) await throwNotFinite(gradients, update)
      rule.step(weights, slope, numbers)
    }
    table.write(step.ids, weights)
  } finally {
    tf.dispose(gradients)
    for (const judge of judges) judge.step.dispose()
  }
}

/** What a step is judged by, and how much it counts. */
interface Judge {
  readonly share: number
  readonly step: LookAheadStep
}

function judgesOf(gradients: readonly tf.Tensor2D[], settings: MixingSettings, update: GroupUpdate): Judge[] {
  const { step, validation, learningRate } = update
  const { trainShare } = settings
  const makeStep = (examples: HeldOutBatch): LookAheadStep =>
    settings.lookAhead === 'network'
      ? networkStep(settings, update, examples)
      : lastLayerStep({
          termGradients: gradients,
          features: lastLayer(step).features,
          validation: examples,
          learningRate,
        })
  const own = { ...lastLayer(step), inputs: step.inputs, ids: step.ids }
  return [
    { share: 1 - trainShare, step: makeStep(validation) },
    ...(trainShare > 0 ? [{ share: trainShare, step: makeStep(own) }] : []),
  ]
}

function networkStep(
  { batchSize }: MixingSettings,
  update: GroupUpdate,
  { inputs, labels }: HeldOutBatch,
): LookAheadStep {
  const { step, learningRate, student, terms } = update
  return {
    gradient: (weights) =>
      lookAheadGradient({
        student,
        inputs: step.inputs,
        termLosses: (studentLogits, studentFeatures) =>
          scaledTerms(
            terms.losses({ ...step, studentLogits, studentFeatures, views: studentViews(update) }),
            terms.scales,
          ),
        validation: { inputs: inputs!, labels },
        weights,
        learningRate,
        batchSize,
      }),
    dispose: () => undefined,
  }
}

/** What the student says now about the further forms of the inputs. */
function studentViews({ student, viewInputs = {} }: GroupUpdate): Record<string, View> {
  return Object.fromEntries(
    Object.entries(viewInputs).map(([name, inputs]) => {
      const { logits, features } = student.forward(inputs)
      const ofStudent = { studentLogits: logits as tf.Tensor2D, studentFeatures: features }
      return [name, { inputs, ...ofStudent, teacherLogits: [], teacherFeatures: [] }]
    }),
  )
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
async function throwNotFinite(gradients: readonly tf.Tensor2D[], update: GroupUpdate): Promise<never> {
  const { step, terms, validation } = update
  const losses =
    gradients.length > 0 ? [] : tf.tidy(() => terms.losses({ ...step, views: studentViews(update) }))
  const tables = [
    ...gradients.map((tensor, term) => ({ what: `the gradient of ${terms.names[term]!}`, tensor })),
    ...losses.map((tensor, term) => ({ what: `the loss of ${terms.names[term]!}`, tensor })),
    { what: "the student's features", tensor: lastLayer(step).features },
  ]
  try {
    for (const { what, tensor } of tables) {
      const values = await tensor.data()
      const index = values.findIndex((value) => !Number.isFinite(value))
      if (index === -1) continue
      const id = step.ids[Math.floor((index * step.ids.length) / values.length)]
      throw new KdError(
        `adaptiveMixing: ${what} must be finite, got ${values[index]} for the example with id ${id}`,
      )
    }
  } finally {
    tf.dispose(losses)
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
