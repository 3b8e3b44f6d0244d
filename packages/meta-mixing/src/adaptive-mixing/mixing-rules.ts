import type { RandomSource } from '@kd/core'

/** How weights are parametrised: `'amal'` free, `'alm-kd'` label against teachers, `'softmax'` a distribution. */
export type MixingVariant = 'amal' | 'alm-kd' | 'softmax'

/** What a variant does to the weights of one example: entry 0 is the label's, the others are the teachers' or the given terms'. */
export interface MixingRule {
  /** Weights to begin with, from a source of the example's own. */
  initial(start: InitialWeights, random: RandomSource): number[]
  /** Takes a step of gradient descent in weights [N, K], row by row, and goes back to the variant's range. */
  step(weights: Float32Array, gradient: Float32Array, step: { columns: number; stepSize: number }): void
}

/** What initial weights depend on. */
export interface InitialWeights {
  /** How many terms there are beside the label. */
  readonly others: number
  /** This is the same as in the options of `adaptiveMixing`. */
  readonly teacherWeight: number
}

/** Distance that the authors' code keeps from both ends of the range. */
const MARGIN = 1e-7

const clamp = (value: number, max: number): number => Math.min(Math.max(value, MARGIN), max - MARGIN)

const againstTeachers = (teacherWeights: readonly number[]): number[] => [
  1 - Math.max(...teacherWeights),
  ...teacherWeights,
]

/** The rule of each variant. */
export const mixingRules: Readonly<Record<MixingVariant, MixingRule>> = {
  amal: {
    initial: ({ others, teacherWeight }) => againstTeachers(new Array<number>(others).fill(teacherWeight)),
    step(weights, gradient, { stepSize }) {
      for (let index = 0; index < weights.length; index++) {
        weights[index] = clamp(weights[index]! - stepSize * gradient[index]!, 2)
      }
    },
  },
  'alm-kd': {
    initial: ({ others }, random) => againstTeachers(Array.from({ length: others }, () => random.uniform())),
    step(weights, gradient, { columns, stepSize }) {
      for (let label = 0; label < weights.length; label += columns) {
        let largest = 0
        for (let teacher = label + 1; teacher < label + columns; teacher++) {
          const slope = gradient[teacher]! - gradient[label]!
          const weight = clamp(weights[teacher]! - stepSize * slope, 1)
          weights[teacher] = weight
          largest = Math.max(largest, weight)
        }
        weights[label] = 1 - largest
      }
    },
  },
  softmax: {
    initial: ({ others, teacherWeight }) => [
      1 - teacherWeight,
      ...new Array<number>(others).fill(teacherWeight / others),
    ],
    step(weights, gradient, { columns, stepSize }) {
      for (let start = 0; start < weights.length; start += columns) {
        const own = weights.subarray(start, start + columns)
        const slope = gradient.subarray(start, start + columns)
        const mean = own.reduce((sum, weight, term) => sum + weight * slope[term]!, 0)
        const scores = Array.from(
          own,
          (weight, term) => Math.log(Math.max(weight, MARGIN)) - stepSize * weight * (slope[term]! - mean),
        )
        const largest = Math.max(...scores)
        const exponentials = scores.map((score) => Math.exp(score - largest))
        const sum = exponentials.reduce((total, value) => total + value, 0)
        own.set(exponentials.map((value) => value / sum))
      }
    },
  },
}
