import { KdError, layersModel } from '@kd/core'
import { expectAllClose, expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import {
  input,
  layers,
  model,
  sequential,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { cifarResnet } from '../families/cifar-resnet.js'
import { mlp } from '../families/mlp.js'
import { loadTensorflowModel } from '../tensorflow-js/load-tensorflow-model.js'
import { freeze } from './freeze.js'
import { replaceHead } from './replace-head.js'
import { withoutSoftmax } from './without-softmax.js'

const exact = { absolute: 0, relative: 0 }
const points = tf.tensor2d([
  [1, -2, 3, 0.5],
  [0, 1, -1, 2],
])
const images = tf.randomUniform([4, 8, 8, 3], -1, 1, 'float32', 3)
const resnet = (): LayersModel => cifarResnet({ depth: 8, classes: 10, inputShape: [8, 8, 3], seed: 1 })

/** Saves a model and loads it again. */
async function reloaded(saved: LayersModel): Promise<LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined
  await saved.save(
    tf.io.withSaveHandler(async (found) => {
      artifacts = found
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    }),
  )
  const { modelTopology, weightSpecs, weightData } = artifacts!
  return loadTensorflowModel({
    json: JSON.parse(
      JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] }),
    ),
    read: async () => new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
  })
}

function graphWith(end: (values: SymbolicTensor) => SymbolicTensor): LayersModel {
  const inputs = input({ shape: [4] })
  const values = layers.dense({ name: 'scores', units: 3 }).apply(inputs) as SymbolicTensor
  return model({ inputs, outputs: end(values) })
}

describe('withoutSoftmax', () => {
  it.each<[string, LayersModel]>([
    [
      'a dense layer',
      sequential({ layers: [layers.dense({ units: 3, inputShape: [4], activation: 'softmax' })] }),
    ],
    [
      'a layer in a row',
      sequential({ layers: [layers.dense({ units: 3, inputShape: [4] }), layers.softmax({})] }),
    ],
    ['a layer in a graph', graphWith((values) => layers.softmax({}).apply(values) as SymbolicTensor)],
    [
      'an activation in a graph',
      graphWith((values) => layers.activation({ activation: 'softmax' }).apply(values) as SymbolicTensor),
    ],
  ])('takes it off %s', async (_, probabilities) => {
    const logits = withoutSoftmax(probabilities)
    const found = logits.predict(points) as tf.Tensor
    expectAllClose(tf.softmax(found), probabilities.predict(points))
    expect(Math.max(...found.dataSync())).not.toBeCloseTo(1, 3)
    expect(() => layersModel(logits)).not.toThrow()
    expectAllClose((await reloaded(logits)).predict(points), found, exact)
  })

  it('refuses a model without one', () => {
    expect(() => withoutSoftmax(resnet())).toThrow(
      "model must end in a softmax, got the layer 'logits' (Dense)",
    )
  })

  it('shares nothing with the model', async () => {
    await expectNoLeak(() => {
      const made = sequential({
        layers: [layers.dense({ units: 3, inputShape: [4], activation: 'softmax' })],
      })
      const copy = withoutSoftmax(made)
      made.dispose()
      const found = copy.predict(points)
      copy.dispose()
      return found
    })
  })
})

describe('replaceHead', () => {
  it('keeps all but the head, which is the same for the same seed', () => {
    const trained = resnet()
    const student = replaceHead(trained, { classes: 3, seed: 5 })
    expect(student.outputShape).toEqual([null, 3])
    const body = (of: LayersModel): LayersModel =>
      model({ inputs: of.inputs, outputs: of.getLayer('features').output })
    expectAllClose(body(student).predict(images), body(trained).predict(images), exact)
    const headOf = (of: LayersModel): number[] => [...of.layers.at(-1)!.getWeights()[0]!.dataSync()]
    expect(headOf(replaceHead(trained, { classes: 3, seed: 5 }))).toEqual(headOf(student))
    expect(headOf(replaceHead(trained, { classes: 3, seed: 6 }))).not.toEqual(headOf(student))
    expect(Math.max(...headOf(student).map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(64))
    expect(student.layers.at(-1)!.name).toBe('new_logits')
  })

  it('takes a softmax off, and calls the head logits where nothing else is called so', () => {
    const trained = graphWith((values) => layers.softmax({}).apply(values) as SymbolicTensor)
    const student = replaceHead(trained, { classes: 7 })
    expect(student.layers.at(-1)!.name).toBe('logits')
    expect((student.predict(points) as tf.Tensor).shape).toEqual([2, 7])
  })

  it('is saved and loaded again, frozen layers too', async () => {
    const student = freeze(replaceHead(resnet(), { classes: 3 }))
    const loaded = await reloaded(student)
    expectAllClose(loaded.predict(images), student.predict(images), exact)
    expect(loaded.trainableWeights.map(({ shape }) => shape)).toEqual([[64, 3], [3]])
  })

  it('refuses models that do not end in a dense layer', () => {
    const flat = sequential({ layers: [layers.flatten({ inputShape: [2, 2] })] })
    expect(() => replaceHead(flat, { classes: 2 })).toThrow('model must end in a dense layer, got the layer')
    expect(() => replaceHead(resnet(), { classes: 0 })).toThrow(KdError)
  })
})

describe('freeze', () => {
  it('leaves frozen weights and averages as they are while the head is trained', () => {
    const student = freeze(replaceHead(resnet(), { classes: 3 }))
    const values = (): number[][] => student.getWeights().map((weight) => [...weight.dataSync()])
    const names = student.weights.map(({ originalName }) => originalName)
    const before = values()
    const variables = student.trainableWeights.map((weight) => weight.read() as tf.Variable)
    tf.tidy(() => {
      const { grads } = tf.variableGrads(
        () => tf.sum<tf.Scalar>(tf.square(student.apply(images, { training: true }) as tf.Tensor)),
        variables,
      )
      for (const variable of variables) variable.assign(tf.sub(variable, tf.mul(0.1, grads[variable.name]!)))
    })
    const after = values()
    const changed = student
      .getWeights()
      .flatMap((_, index) => (before[index]!.some((value, at) => value !== after[index]![at]) ? [index] : []))
    expect(changed).toHaveLength(2)
    expect(names.filter((name) => name.startsWith('new_logits'))).toHaveLength(2)
  })

  it('trains a layer again whose trainable is set', () => {
    const student = freeze(resnet(), ['stem_bn'])
    const layer = student.getLayer('stem_bn')
    layer.trainable = true
    const average = (): number[] => [...layer.getWeights()[2]!.dataSync()]
    const before = average()
    tf.tidy(() => void student.apply(images, { training: true }))
    expect(average()).not.toEqual(before)
  })

  it('refuses names that the model does not have, and then freezes nothing', () => {
    const student = mlp({ inputShape: [4], hiddenUnits: [8], classes: 2 })
    expect(() => freeze(student, ['features', 'nose'])).toThrow(
      "freeze: layers must be layers of mlp, got 'nose'",
    )
    expect(student.trainableWeights).toHaveLength(4)
  })
})
