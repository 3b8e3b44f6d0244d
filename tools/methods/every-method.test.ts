import {
  adam,
  distill,
  isDescribed,
  isMethodFactory,
  labelLoss,
  type Method,
  type MethodFactory,
  type WrapperFactory,
} from '@kd/core'
import * as features from '@kd/features'
import * as losses from '@kd/losses'
import * as mixing from '@kd/meta-mixing'
import * as selection from '@kd/selection'
import { noiseDataset, noiseNetwork } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'

/** Options without which a method would do nothing in two epochs, or cannot be made. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'adaptive-mixing': { warmUpEpochs: 0, every: 1, validationBatchSize: 10 },
  'random-teacher-drop': { rate: 0.5 },
}

const exported = [
  labelLoss,
  ...[losses, features, mixing, selection].flatMap((all) => Object.values<unknown>(all)),
]

const optionsOf = ({ name }: { readonly name: string }): never => (needed[name] ?? {}) as never

const methods = exported
  .filter(isMethodFactory)
  .map((factory: MethodFactory): [string, Method] => [factory.name, factory(optionsOf(factory))])

/** What goes around a method goes around plain distillation here. */
const wrapped = exported
  .filter((value) => isDescribed(value) && !isMethodFactory(value))
  .map((value): [string, Method] => {
    const factory = value as WrapperFactory
    return [`${factory.name} around vanilla-kd`, factory(losses.vanillaKd(), optionsOf(factory))]
  })

/** A network for the same data whose layers are maps, named as methods on features want them. */
function stagedNetwork(seed: number): LayersModel {
  const stage = (name: string) =>
    layers.conv2d({
      filters: 4,
      kernelSize: 1,
      activation: 'relu',
      name,
      kernelInitializer: { className: 'GlorotUniform', config: { seed } } as never,
    })
  return sequential({
    layers: [
      layers.reshape({ targetShape: [1, 2, 1], inputShape: [2] }),
      ...['stage1', 'stage2', 'stage3'].map(stage),
      layers.flatten(),
      layers.dense({
        units: 3,
        kernelInitializer: { className: 'GlorotUniform', config: { seed } } as never,
      }),
    ],
  })
}

/** One optimizer object for all runs of this file. */
const optimizer = adam()

/** Trains two epochs, and gives everything that came of it as plain numbers. */
async function outcomeOf(method: Method): Promise<unknown> {
  const network = (method.needs.studentFeatures ?? []).length > 0 ? stagedNetwork : noiseNetwork
  const student = network(1)
  const teachers = [network(2), network(3)]
  const { history, examples } = await distill({
    student,
    teachers,
    method,
    dataset: noiseDataset,
    epochs: 2,
    batchSize: 16,
    optimizer,
    learningRate: 0.05,
  })
  const models = [student, ...teachers]
  const weights = models.map((model) => model.getWeights().map((weight) => Array.from(weight.dataSync())))
  for (const model of models) model.dispose()
  return { epochs: history.map(({ train, validation }) => ({ train, validation })), examples, weights }
}

describe('a method and an optimizer in two runs', () => {
  it('are tried for all methods that the packages export', () => {
    expect(methods.length).toBeGreaterThan(20)
    expect(wrapped.length).toBeGreaterThan(3)
  })

  it.each([...methods, ...wrapped])(
    'give the same one after the other and at once, and leave nothing: %s',
    async (_, method) => {
      const first = await outcomeOf(method)
      const tensors = tf.memory().numTensors
      expect(await outcomeOf(method)).toEqual(first)
      expect(await Promise.all([outcomeOf(method), outcomeOf(method)])).toEqual([first, first])
      expect(tf.memory().numTensors).toBe(tensors)
    },
  )
})
