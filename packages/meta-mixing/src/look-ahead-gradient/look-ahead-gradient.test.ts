import { crossEntropy, klDivergence, type Outputs } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { mixingGradient } from '../mixing-gradient/mixing-gradient.js'
import { lookAheadGradient, type LookAheadGradientOptions } from './look-ahead-gradient.js'
import golden from './look-ahead-gradient.golden.json' with { type: 'json' }

type GoldenCase = (typeof golden.cases)[number]

const matrix = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows)

interface GoldenStudent {
  readonly variables: tf.Variable[]
  readonly features: (inputs: tf.Tensor) => tf.Tensor2D
  readonly logits: (inputs: tf.Tensor) => tf.Tensor2D
  readonly forward: (inputs: tf.Tensor) => Outputs
}

function studentOf({ variables }: GoldenCase): GoldenStudent {
  const own = variables.map((values) => tf.variable(tf.tensor(values)))
  const [hiddenKernel, hiddenBias, kernel, bias] = own as unknown as [
    tf.Tensor2D,
    tf.Tensor1D,
    tf.Tensor2D,
    tf.Tensor1D,
  ]
  const features = (inputs: tf.Tensor): tf.Tensor2D =>
    tf.tanh(tf.add(tf.matMul(inputs as tf.Tensor2D, hiddenKernel), hiddenBias))
  const logits = (inputs: tf.Tensor): tf.Tensor2D => tf.add(tf.matMul(features(inputs), kernel), bias)
  const forward = (inputs: tf.Tensor): Outputs => ({ logits: logits(inputs), features: {} })
  return { variables: own, features, logits, forward }
}

function optionsOf(
  example: GoldenCase,
  student: LookAheadGradientOptions['student'],
): LookAheadGradientOptions {
  const { temperature } = example
  const labels = tf.tensor1d(example.labels, 'int32')
  const teachers = example.teacherLogits.map(matrix)
  return {
    student,
    inputs: matrix(example.inputs),
    termLosses: (logits) => [
      crossEntropy(logits, labels),
      ...teachers.map((teacher) =>
        tf.mul<tf.Tensor1D>(temperature ** 2, klDivergence(teacher, logits, temperature)),
      ),
    ],
    validation: {
      inputs: matrix(example.validation.inputs),
      labels: tf.tensor1d(example.validation.labels, 'int32'),
    },
    weights: matrix(example.weights),
    learningRate: example.learningRate,
    batchSize: example.batchSize,
  }
}

const largest = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs))

/** The held-out loss after the step that is really taken, in one weight and back again. */
function lossAfterStep(options: LookAheadGradientOptions, weights: tf.Tensor2D): number {
  const { student, inputs, termLosses, validation, learningRate, batchSize } = options
  const { variables } = student
  const logits = (of: tf.Tensor): tf.Tensor2D => student.forward(of).logits as tf.Tensor2D
  return tf.tidy(() => {
    const loss = (): tf.Scalar =>
      tf.div(tf.sum(tf.mul(weights, tf.stack([...termLosses(logits(inputs), {})], 1))), batchSize)
    const { grads } = tf.variableGrads(loss, [...variables])
    const before = variables.map((variable) => tf.clone(variable))
    for (const variable of variables) {
      variable.assign(tf.sub(variable, tf.mul(learningRate, grads[variable.name]!)))
    }
    const after = tf.mean(crossEntropy(logits(validation.inputs), validation.labels)).dataSync()[0]!
    variables.forEach((variable, index) => variable.assign(before[index]!))
    return after
  })
}

describe('lookAheadGradient', () => {
  it.each(golden.cases)('agrees with autograd through the step: $name', (example) => {
    const gradient = lookAheadGradient(optionsOf(example, studentOf(example)))
    expectAllClose(gradient, example.gradient, { absolute: 1e-3 * largest(example.gradient.flat()) })
  })

  it.each(golden.cases)('agrees with steps that are really taken: $name', (example) => {
    const options = optionsOf(example, studentOf(example))
    const gradient = lookAheadGradient(options).dataSync()
    const weights = example.weights.flat()
    const shape: [number, number] = [example.weights.length, example.weights[0]!.length]
    const differences = weights.map((_, index) => {
      const at = (offset: number): number =>
        lossAfterStep(options, tf.tensor2d(weights.with(index, weights[index]! + offset), shape))
      return (at(0.05) - at(-0.05)) / 0.1
    })
    expectAllClose(Array.from(gradient), differences, { absolute: 5e-3 * largest(differences) })
  })

  it('is the closed form where only the last layer moves', () => {
    const example = golden.cases[0]!
    const student = studentOf(example)
    const options = optionsOf(example, { ...student, variables: student.variables.slice(2) })
    const { inputs, validation, weights, learningRate, batchSize, termLosses } = options
    const logits = student.logits(inputs)
    const terms = termLosses(logits, {}).length
    const termGradients = Array.from({ length: terms }, (_, term) =>
      tf.grad((moved) => tf.div(tf.sum(termLosses(moved as tf.Tensor2D, {})[term]!), batchSize))(logits),
    ) as tf.Tensor2D[]
    const closed = mixingGradient({
      termGradients,
      features: student.features(inputs),
      validation: {
        features: student.features(validation.inputs),
        logits: student.logits(validation.inputs),
        labels: validation.labels,
      },
      weights,
      learningRate,
    })
    expectAllClose(lookAheadGradient(options), closed, { absolute: 1e-3 * largest(closed.dataSync()) })
  })

  it('puts the variables back to the bit, also when a loss throws', () => {
    const example = golden.cases[0]!
    const student = studentOf(example)
    const values = (): number[][] => student.variables.map((variable) => Array.from(variable.dataSync()))
    const before = values()
    const options = optionsOf(example, student)
    lookAheadGradient(options)
    expect(values()).toEqual(before)
    let calls = 0
    const termLosses: typeof options.termLosses = (logits) => {
      if (++calls === 2) throw new Error('no more')
      return options.termLosses(logits, {})
    }
    expect(() => lookAheadGradient({ ...options, termLosses })).toThrow('no more')
    expect(values()).toEqual(before)
  })

  it('is zero where the held-out loss is at its least', () => {
    const example = golden.cases[0]!
    const options = optionsOf(example, studentOf(example))
    const unheard = tf.variable(tf.ones([1, 4]))
    const sure: LookAheadGradientOptions['student'] = {
      variables: [unheard],
      forward: (inputs) => ({ logits: tf.mul(tf.zeros([inputs.shape[0], 4]), unheard), features: {} }),
    }
    expectAllClose(lookAheadGradient({ ...options, student: sure }), tf.zeros([6, 2]))
  })

  it('leaves no tensor alive', async () => {
    const example = golden.cases[1]!
    const options = optionsOf(example, studentOf(example))
    await expectNoLeak(() => tf.tidy(() => lookAheadGradient(options)))
  })

  it('refuses what does not fit', () => {
    const example = golden.cases[0]!
    const options = optionsOf(example, studentOf(example))
    const refused = (changed: Partial<LookAheadGradientOptions>) => () =>
      lookAheadGradient({ ...options, ...changed })
    expect(refused({ learningRate: 0 })).toThrow('lookAheadGradient: learningRate')
    expect(refused({ batchSize: -1 })).toThrow('lookAheadGradient: batchSize')
    expect(refused({ distance: NaN })).toThrow('lookAheadGradient: distance')
    expect(refused({ weights: tf.ones([5, 2]) })).toThrow(
      'lookAheadGradient: weights must have shape [6, K], got [5, 2]',
    )
    expect(refused({ student: { ...options.student, variables: [] } })).toThrow(
      'lookAheadGradient: student must have variables, got none',
    )
  })
})
