import { distill, randomSource, sgd, type Dataset, type Method, type RunningMethod } from '@kd/core'
import { describeMethodConformance, methodBatch, startMethod } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { mixingTerms } from '../terms/mixing-terms.js'
import golden from './meta-weight-net.golden.json' with { type: 'json' }
import { metaWeightNet, type MetaWeightNetOptions } from './meta-weight-net.js'

type GoldenOptions = (typeof golden.cases)[number]['options']

/** The method with the network of a golden case, as after some training. */
function loaded({ state, teachers: _, ...options }: Partial<GoldenOptions> = {}): Method {
  const method = metaWeightNet(options)
  return {
    ...method,
    start(run) {
      const running = method.start(run)
      const tensors = Object.entries(state ?? {}).map(([name, value]) => [name, tf.tensor(value)] as const)
      if (state !== undefined) running.load!(Object.fromEntries(tensors))
      for (const [, tensor] of tensors) tensor.dispose()
      return running
    },
  }
}

describeMethodConformance(loaded, {
  golden,
  holdConstant(batch) {
    const parts = startMethod(loaded(), batch).parts(batch)
    const terms = mixingTerms(batch, 4)
    const weights = Object.values(parts).map((part, term) => tf.div(part, terms[term]!))
    return (studentLogits) => {
      const moved = mixingTerms({ ...batch, studentLogits }, 4)
      return tf.mean(
        moved
          .map((losses, term) => tf.mul(weights[term]!, losses))
          .reduce((left, right) => tf.add(left, right)),
      )
    }
  },
})

/** Two clouds on a line; a third of the training labels are wrong. */
function dataset(): Dataset {
  const random = randomSource(1)
  const examples = (count: number, noisy: boolean): Dataset['train'] => {
    const cleanLabels = Int32Array.from({ length: count }, (_, row) => row % 2)
    return {
      cleanLabels,
      labels: cleanLabels.map((label, row) => (noisy && row % 3 === 0 ? 1 - label : label)),
      inputs: Float32Array.from(cleanLabels, (label) => 4 * label - 2 + 0.5 * random.normal()),
      ids: Int32Array.from(cleanLabels.keys()),
    }
  }
  return {
    name: 'line',
    inputShape: [1],
    classNames: ['left', 'right'],
    normalization: { mean: [0], standardDeviation: [1] },
    train: examples(90, true),
    validation: examples(40, false),
  }
}

const rightTeacher = (inputs: tf.Tensor): tf.Tensor2D =>
  tf.concat([tf.neg(inputs), inputs] as tf.Tensor2D[], 1)

/** Trains, and gives the method as it is at the end of the run. */
async function run(method: Method, epochs: number, seed = 0): Promise<tf.NamedTensorMap> {
  const kernelInitializer = { className: 'GlorotUniform', config: { seed: 1 } } as never
  let state: tf.NamedTensorMap = {}
  const watched: Method = {
    ...method,
    start(run) {
      const running = method.start(run)
      const dispose = (): void => {
        state = running.save!()
        running.dispose!()
      }
      return { ...running, dispose }
    },
  }
  const student = sequential({ layers: [layers.dense({ units: 2, inputShape: [1], kernelInitializer })] })
  await distill({
    dataset: dataset(),
    student,
    teachers: [rightTeacher],
    method: watched,
    epochs,
    batchSize: 30,
    optimizer: sgd(),
    learningRate: 0.1,
    seed,
  })
  student.dispose()
  return state
}

const options: MetaWeightNetOptions = { hiddenUnits: 8, networkLearningRate: 0.05 }

const values = (state: tf.NamedTensorMap): Record<string, number[]> =>
  Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, Array.from(tensor.dataSync())]))

describe('metaWeightNet', () => {
  it('learns to listen less to a label the larger its loss is', async () => {
    const state = await run(metaWeightNet(options), 60)
    const logits = [[-2, 2], [-2, 2]] // prettier-ignore
    const step = methodBatch({ labels: [1, 0], studentLogits: logits, teacherLogits: [logits] })
    const { running, parts } = startMethod(metaWeightNet(options), step)
    running.load!(state)
    const losses = [Math.log1p(Math.exp(-4)), Math.log1p(Math.exp(4))]
    const [right, wrong] = Array.from(parts(step)['label']!.dataSync(), (value, row) => value / losses[row]!)
    expect(wrong).toBeLessThan(0.5 * right!)
    const shown: Awaited<ReturnType<NonNullable<RunningMethod['examples']>>> = await running.examples!(
      step.ids,
      step,
    )
    expect(Object.keys(shown)).toEqual(['labelWeight', 'teacher0Weight'])
    expect(shown['labelWeight']![0]).toBeCloseTo(right!, 5)
    expect(shown['labelWeight']![1]).toBeCloseTo(wrong!, 5)
    expect(await running.examples!(step.ids)).toEqual({})
  })

  it('gives the same numbers for the same seeds, and trains on the given epochs only', async () => {
    const states = await Promise.all(
      [
        { settings: options, seed: 1 },
        { settings: options, seed: 1 },
        { settings: options, seed: 2 },
        { settings: { ...options, every: 5 }, seed: 1 },
      ].map(async ({ settings, seed }) => values(await run(metaWeightNet(settings), 3, seed))),
    )
    expect(states[1]).toEqual(states[0])
    expect(states[2]).not.toEqual(states[0])
    const steps = (state: Record<string, number[]>): number[] =>
      Object.entries(state).find(([name]) => name.endsWith('steps'))![1]
    expect(steps(states[0]!)).toEqual([9])
    expect(steps(states[3]!)).toEqual([3])
  })

  it('goes on from a saved state, and refuses one of another network', async () => {
    const state = await run(metaWeightNet(options), 2)
    const step = methodBatch({ labels: [1], studentLogits: [[1, 2]], teacherLogits: [[[1, 2]]] })
    const { running } = startMethod(metaWeightNet(options), step)
    running.load!(state)
    expect(values(running.save!())).toEqual(values(state))
    const wider = startMethod(metaWeightNet(), step).running
    expect(() => wider.load!(state)).toThrow(
      'metaWeightNet: state must have hiddenKernel [2, 100], got [2, 8]',
    )
    expect(() => wider.load!({})).toThrow('got none')
  })

  it('leaves no tensor alive after a run', async () => {
    const before = tf.memory().numTensors
    tf.dispose(await run(metaWeightNet(options), 3))
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses options out of range', () => {
    expect(() => metaWeightNet({ temperature: 0 })).toThrow('temperature')
    expect(() => metaWeightNet({ networkLearningRate: -1 })).toThrow('networkLearningRate')
    for (const name of ['hiddenUnits', 'every']) {
      expect(() => metaWeightNet({ [name]: 0.5 })).toThrow(
        `metaWeightNet: ${name} must be a whole number, got 0.5`,
      )
    }
    expect(() => metaWeightNet({ validationBatchSize: 0 })).toThrow(
      'metaWeightNet: validationBatchSize must be >= 1, got 0',
    )
  })
})
