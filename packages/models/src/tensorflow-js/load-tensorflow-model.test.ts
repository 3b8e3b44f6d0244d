import { KdError } from '@kd/core'
import { expectAllClose } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cifarResnet } from '../families/cifar-resnet.js'
import { loadTensorflowModel } from './load-tensorflow-model.js'

type Spec = tf.io.WeightsManifestEntry & { quantization?: { dtype: string; min?: number; scale?: number } }
interface Json {
  format?: string
  modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } }
  weightsManifest: { paths: string[]; weights: Spec[] }[]
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-tensorflow-'))
})
afterEach(() => rm(folder, { recursive: true }))

const made = (): LayersModel => cifarResnet({ depth: 8, classes: 3, inputShape: [8, 8, 3], seed: 1 })

async function artifactsOf(model: LayersModel): Promise<{ json: Json; bytes: Uint8Array }> {
  let found: tf.io.ModelArtifacts | undefined
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      found = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    }),
  )
  const { modelTopology, weightSpecs, weightData } = found!
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
  return { json: JSON.parse(JSON.stringify({ modelTopology, weightsManifest })) as Json, bytes }
}

async function write(json: unknown, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await writeFile(join(folder, 'model.json'), JSON.stringify(json))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
}

async function refusal(change: (json: Json) => unknown): Promise<string> {
  const { json, bytes } = await artifactsOf(made())
  change(json)
  await write(json, { 'weights.bin': bytes })
  const before = tf.memory().numTensors
  const error: unknown = await loadTensorflowModel(folder).catch((found: unknown) => found)
  if (!KdError.isInstance(error)) throw error
  expect(tf.memory().numTensors).toBe(before)
  return error.message
}

describe('loadTensorflowModel', () => {
  const images = tf.randomUniform([2, 8, 8, 3], 0, 1, 'float32', 7)

  it('reads weights in several files, from the folder or its model.json', async () => {
    const model = made()
    const { json, bytes } = await artifactsOf(model)
    json.weightsManifest[0]!.paths = ['group1-shard1of3.bin', 'group1-shard2of3.bin', 'sub/shard3of3.bin']
    await mkdir(join(folder, 'sub'))
    await write(json, {
      'group1-shard1of3.bin': bytes.subarray(0, 1001),
      'group1-shard2of3.bin': bytes.subarray(1001, 5000),
      'sub/shard3of3.bin': bytes.subarray(5000),
    })
    for (const source of [folder, join(folder, 'model.json')]) {
      const loaded = await loadTensorflowModel(source)
      expectAllClose(loaded.predict(images), model.predict(images), { absolute: 0, relative: 0 })
    }
  })

  it.each([
    ['uint8', 2e-2],
    ['uint16', 1e-4],
    ['float16', 2e-3],
  ] as const)('reads weights quantised to %s as the converter writes them', async (dtype, tolerance) => {
    const model = made()
    const { json } = await artifactsOf(model)
    const parts: Uint8Array[] = []
    for (const [index, weight] of model.getWeights().entries()) {
      const spec = json.weightsManifest[0]!.weights[index]!
      const values = weight.dataSync()
      if (dtype === 'float16') {
        spec.quantization = { dtype }
        parts.push(new Uint8Array(halves(values).buffer))
        continue
      }
      const levels = dtype === 'uint8' ? 255 : 65_535
      const [min, max] = [Math.min(...values), Math.max(...values)]
      const scale = (max - min) / levels || 1
      spec.quantization = { dtype, min, scale }
      const steps = values.map((value) => Math.round((value - min) / scale))
      parts.push(new Uint8Array(dtype === 'uint8' ? Uint8Array.from(steps) : Uint16Array.from(steps).buffer))
    }
    await write(json, { 'weights.bin': Buffer.concat(parts) })
    const loaded = await loadTensorflowModel(folder)
    const largest = Math.max(...(tf.abs(model.predict(images) as tf.Tensor).dataSync() as Float32Array))
    expectAllClose(loaded.predict(images), model.predict(images), {
      absolute: tolerance * Math.max(1, largest),
      relative: 0,
    })
  })

  it('reads what the converter makes of a model by Keras 3', async () => {
    const kernel = Float32Array.of(1, 2, 3, 4, 5, 6)
    await write(
      {
        format: 'layers-model',
        generatedBy: 'keras v3.15.1',
        modelTopology: {
          keras_version: '3.15.1',
          model_config: {
            class_name: 'Sequential',
            config: {
              name: 'row',
              layers: [
                {
                  module: 'keras.layers',
                  class_name: 'InputLayer',
                  config: { batch_shape: [null, 2], dtype: 'float32', sparse: false, name: 'input_layer' },
                },
                {
                  module: 'keras.layers',
                  class_name: 'Dense',
                  config: {
                    name: 'dense',
                    dtype: { class_name: 'DTypePolicy', config: { name: 'float32' } },
                    units: 3,
                    activation: 'silu',
                    use_bias: false,
                    kernel_initializer: {
                      class_name: 'GlorotUniform',
                      config: { seed: null, input_axes: null },
                    },
                  },
                },
              ],
            },
          },
        },
        weightsManifest: [
          {
            paths: ['group1-shard1of1.bin'],
            weights: [{ name: 'row/dense/kernel', shape: [2, 3], dtype: 'float32' }],
          },
        ],
      },
      { 'group1-shard1of1.bin': new Uint8Array(kernel.buffer) },
    )
    const model = await loadTensorflowModel(folder)
    const swish = (x: number): number => x / (1 + Math.exp(-x))
    expectAllClose(model.predict(tf.tensor2d([[1, -1]])), [[swish(-3), swish(-3), swish(-3)]])
  })

  it.each<[string, (json: Json) => unknown, string]>([
    [
      'a path up',
      (json) => (json.weightsManifest[0]!.paths = ['../weights.bin']),
      'got the path "../weights.bin"',
    ],
    ['a path up within', (json) => (json.weightsManifest[0]!.paths = ['a/..\\..\\b']), 'got the path "a/'],
    [
      'an absolute path',
      (json) => (json.weightsManifest[0]!.paths = ['/etc/passwd']),
      'got the path "/etc/passwd"',
    ],
    [
      'an address',
      (json) => (json.weightsManifest[0]!.paths = ['http://a.b/c']),
      'got the path "http://a.b/c"',
    ],
    [
      'a file: address',
      (json) => (json.weightsManifest[0]!.paths = ['file:///etc/passwd']),
      'got the path "file:',
    ],
    [
      'a missing file',
      (json) => (json.weightsManifest[0]!.paths = ['none.bin']),
      'none.bin must be a readable file, got no such file',
    ],
    ['a file twice', (json) => (json.weightsManifest[0]!.paths = ['weights.bin', 'weights.bin']), 'got more'],
    ['too few bytes', (json) => (json.weightsManifest[0]!.weights[0]!.shape = [3, 3, 3, 17]), 'bytes, got '],
    [
      'a billion units',
      (json) => (json.modelTopology.config.layers.at(-1)!.config['units'] = 1e9),
      'must be among the numbers in the file of the weights',
    ],
    [
      'an unknown layer',
      (json) => (json.modelTopology.config.layers[2]!.class_name = 'GroupNormalization'),
      'layers must be known to TensorFlow.js, got ',
    ],
    [
      'code',
      (json) => (json.modelTopology.config.layers[2]!.class_name = 'Lambda'),
      'layers must hold no code, got the Lambda layer',
    ],
    ['a graph model', (json) => (json.format = 'graph-model'), 'got a graph model'],
    [
      'another name of a weight',
      (json) => (json.weightsManifest[0]!.weights[0]!.name = 'x/y'),
      'missing stem_conv/kernel; unknown x/y',
    ],
    ['no topology', (json) => Reflect.deleteProperty(json, 'modelTopology'), 'it has no modelTopology'],
  ])('refuses %s', async (_, change, message) => {
    expect(await refusal(change)).toContain(message)
  })

  it('does not follow a link out of the folder, nor wait for a pipe', async () => {
    const { json, bytes } = await artifactsOf(made())
    const inside = join(folder, 'inside')
    await mkdir(inside)
    await writeFile(join(inside, 'model.json'), JSON.stringify(json))
    await writeFile(join(folder, 'outside.bin'), bytes)
    await symlink('../outside.bin', join(inside, 'weights.bin'))
    await expect(loadTensorflowModel(inside)).rejects.toThrow('got a link out of it: weights.bin')
    await rm(join(inside, 'weights.bin'))
    execFileSync('mkfifo', [join(inside, 'weights.bin')])
    await expect(loadTensorflowModel(inside)).rejects.toThrow('got something else than a file')
  })
})

/** To IEEE 754 binary16, for numbers of usual size. */
function halves(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const sign = value < 0 ? 0x8000 : 0
    const size = Math.abs(value)
    const exponent = Math.max(Math.floor(Math.log2(size || 1e-9)), -14)
    return size < 2 ** -14
      ? sign | Math.round(size * 2 ** 24)
      : sign | (((exponent + 14) << 10) + Math.round(size * 2 ** (10 - exponent)))
  })
}
