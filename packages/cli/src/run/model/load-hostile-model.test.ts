import { KdError } from '@kd/core'
import { cifarResnet, mlp } from '@kd/models'
import * as tf from '@tensorflow/tfjs-core'
import {
  input as inputOf,
  layers,
  model,
  sequential,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadModel, saveModel } from './saved-model.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-hostile-'))
})
afterEach(() => rm(folder, { recursive: true }))

interface Layer {
  name: string
  class_name: string
  config: Record<string, unknown>
  inbound_nodes: unknown[][][]
}
interface Json {
  modelTopology: { config: { layers: Layer[] } & Record<string, unknown> } & Record<string, unknown>
  weightsManifest: { weights: { name: string; shape: number[]; dtype: string }[] }[]
}

/** A saved ResNet whose model.json was changed. */
async function changed(change: (json: Json) => void): Promise<void> {
  await saveModel(cifarResnet({ depth: 8, classes: 3, inputShape: [4, 4, 1], seed: 1 }), folder)
  const path = join(folder, 'model.json')
  const json = JSON.parse(await readFile(path, 'utf8')) as Json
  change(json)
  await writeFile(path, JSON.stringify(json))
}
const last = (json: Json): Layer => json.modelTopology.config.layers.at(-1)!

describe('loadModel', () => {
  it.each<[string, (json: Json) => void, string]>([
    ['a billion units', (json) => (last(json).config['units'] = 1e9), 'the weight kernel must be among the'],
    [
      'half a unit',
      (json) => (last(json).config['units'] = 0.5),
      'Expected units to be a positive integer, but got 0.5',
    ],
    ...(
      [
        ['dilation_rate', [2e9, 1]],
        ['dilation_rate', [1, 1e9]],
        ['strides', 1e9],
        ['kernel_size', [-1, 3]],
        ['dilationRate', 0.5],
      ] as const
    ).map(([option, value]): [string, (json: Json) => void, string] => [
      `${option} ${JSON.stringify(value)}`,
      (json) => {
        const layer = json.modelTopology.config.layers.find(({ class_name }) => class_name === 'Conv2D')!
        layer.config[option] = value
      },
      'of whole numbers from 0 to 65536, got',
    ]),
    [
      'inputs that wait for each other',
      (json) => (json.modelTopology.config.layers[1]!.inbound_nodes = [[[last(json).name, 0, 0, {}]]]),
      'must have inputs that come from others, got [["',
    ],
    [
      'the same under the name that TensorFlow.js gives it',
      (json) => {
        const layer = json.modelTopology.config.layers[1]!
        Object.assign(layer, { inbound__nodes: [[[layer.name, 0, 0, {}]]] })
      },
      'must have inputs that come from others',
    ],
    [
      'a call that is not there',
      (json) => (last(json).inbound_nodes[0]![0]![1] = 1),
      'inputs that come from',
    ],
    ['no call', (json) => (last(json).inbound_nodes = [[]]), 'must have inputs, got []'],
    [
      'two layers of one name',
      (json) => json.modelTopology.config.layers.push(last(json)),
      'must have one layer with the name',
    ],
    ['another name inside', (json) => (last(json).config['name'] = 'x'), 'the same name twice, got'],
    ['no topology', (json) => Reflect.deleteProperty(json, 'modelTopology'), 'it must have a modelTopology'],
    [
      'a weight of another size',
      (json) => (json.weightsManifest[0]!.weights[0]!.shape[0] = 2 ** 40),
      'weights.bin must have',
    ],
    [
      'a negative weight',
      (json) => (json.weightsManifest[0]!.weights[0]!.shape[0] = -3),
      'weightsManifest.0.weights.0.shape.0: ',
    ],
    [
      'a weight twice',
      ({ weightsManifest: [group] }) => (group!.weights[1]!.name = group!.weights[0]!.name),
      'must be there once',
    ],
  ])('refuses %s', async (_, change, reason) => {
    await changed(change)
    const bytes = tf.memory().numBytes
    const error: unknown = await loadModel(folder).catch((found: unknown) => found)
    if (!KdError.isInstance(error)) throw error
    expect(error.message).toContain(`${join(folder, 'model.json')} must be a TensorFlow.js layers model`)
    expect(error.message).toContain(reason)
    // What came before the refused one, at the most.
    expect(tf.memory().numBytes - bytes).toBeLessThan(1e6)
  })

  it.each([-4, 4])('refuses weights with %i bytes more', async (more) => {
    await saveModel(mlp({ inputShape: [6], hiddenUnits: [5], classes: 3, seed: 1 }), folder)
    const path = join(folder, 'weights.bin')
    const bytes = await readFile(path)
    await writeFile(path, more > 0 ? Buffer.concat([bytes, Buffer.alloc(more)]) : bytes.subarray(0, more))
    await expect(loadModel(folder)).rejects.toThrow(`weights.bin must have 212 bytes, got ${212 + more}`)
  })

  it('refuses weights of layers inside of others, and takes models inside of models and layers used twice', async () => {
    const inner = sequential({ layers: [layers.dense({ units: 4, inputShape: [4], name: 'inside' })] })
    const input = inputOf({ shape: [4] })
    const shared = layers.dense({ units: 4, name: 'shared' })
    const twice = shared.apply(inner.apply(shared.apply(input)))
    const whole = model({ inputs: input, outputs: twice as SymbolicTensor })
    await saveModel(whole, folder)
    const x = tf.ones([2, 4])
    const of = (one: LayersModel) => (one.predict(x) as tf.Tensor).dataSync()
    expect([...of(await loadModel(folder))]).toEqual([...of(whole)])

    const path = join(folder, 'model.json')
    const json = JSON.parse(await readFile(path, 'utf8')) as Json
    const nested = last(json).config['layers'] as Layer[]
    nested[0]!.config['units'] = 1e9
    await writeFile(path, JSON.stringify(json))
    await expect(loadModel(folder)).rejects.toThrow('got the shape [4,1000000000]')
  })

  it('leaves other models alone while one is loaded', async () => {
    await saveModel(mlp({ inputShape: [6], hiddenUnits: [5], classes: 3, seed: 1 }), folder)
    const loading = loadModel(folder)
    const other = mlp({ inputShape: [60], hiddenUnits: [50], classes: 3, seed: 1 })
    expect((await loading).countParams() + other.countParams()).toBe(53 + 3203)
  })

  it.each<[string, () => layers.Layer, string]>([
    ['a pool of 2e9', () => layers.maxPooling2d({ poolSize: 2e9, padding: 'same' }), 'must have a poolSize'],
    [
      'a pool that wasm would take minutes for',
      () => layers.maxPooling2d({ poolSize: 4096, strides: 1, padding: 'same' }),
      'must pool at most 4194304 places at a time and 2147483648 for an example, got windows of 16777216',
    ],
    [
      'a pool of many windows',
      () =>
        sequential({
          layers: [
            layers.upSampling2d({ size: [250, 250], inputShape: [4, 4, 1] }),
            layers.maxPooling2d({ poolSize: 50, strides: 1, padding: 'same' }),
          ],
        }),
      'got windows of 2500 for the shape [N, 1000, 1000, 1]',
    ],
    ['a padding of 1e9', () => layers.zeroPadding2d({ padding: 1e9 as never }), 'must have a padding'],
    [
      'outputs for which no memory is large enough',
      () => layers.upSampling2d({ size: [60_000, 60_000] }),
      'must give at most 268435456 numbers for an example, got the shape [N, 240000, 240000, 1]',
    ],
  ])('refuses %s, in models within models too', async (_, makeLayer, message) => {
    const image = (): LayersModel =>
      sequential({ layers: [layers.activation({ activation: 'relu', inputShape: [4, 4, 1] }), makeLayer()] })
    for (const whole of [image(), sequential({ layers: [image()] })]) {
      await saveModel(whole, folder)
      await expect(loadModel(folder)).rejects.toThrow(message)
    }
  })

  it('refuses such a pool within another layer, and takes one of any length as networks have it', async () => {
    const pool = (poolSize: number): layers.Layer =>
      layers.maxPooling2d({ poolSize, strides: 1, padding: 'same' })
    const frames = layers.timeDistributed({ layer: pool(4096), inputShape: [2, 4, 4, 1] })
    await saveModel(sequential({ layers: [frames] }), folder)
    await expect(loadModel(folder)).rejects.toThrow('got windows of 16777216 for the shape [N, 2, 4, 4, 1]')

    const anySize = layers.conv2d({ filters: 512, kernelSize: 1, inputShape: [null, null, 1] })
    await saveModel(sequential({ layers: [anySize, pool(7)] }), folder)
    expect((await loadModel(folder)).layers).toHaveLength(2)
  })
})
