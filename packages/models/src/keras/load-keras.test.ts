import { KdError } from '@kd/core'
import { expectNoLeak } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import golden from './keras-files.golden.json' with { type: 'json' }
import { loadKeras } from './load-keras.js'

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
const fileOf = (name: string): Uint8Array => bytesOf(golden.cases.find((found) => found.name === name)!.file)

interface Layer {
  class_name: string
  config: Record<string, unknown>
}
interface Config {
  config: { layers: Layer[] }
}

/** A golden archive whose configuration was changed. */
function changed(name: string, change: (config: Config) => void): Uint8Array {
  const files = unzipSync(fileOf(name))
  const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as Config
  change(config)
  return zipSync({ ...files, 'config.json': strToU8(JSON.stringify(config)) }, { level: 0 })
}
const layerOf = (config: Config, className: string): Layer =>
  config.config.layers.find((layer) => layer.class_name === className)!

async function refusal(bytes: Uint8Array): Promise<KdError> {
  const tensors = tf.memory().numTensors
  const error: unknown = await loadKeras(bytes).catch((found: unknown) => found)
  if (!KdError.isInstance(error)) throw error
  expect(tf.memory().numTensors).toBe(tensors)
  return error
}

describe('loadKeras', () => {
  it.each(golden.cases)('computes of $name what Keras computes', async ({ file, shape, inputs, outputs }) => {
    const model = await loadKeras(bytesOf(file))
    const found = tf.tidy(
      () => (model.predict(tf.tensor(inputs, shape)) as tf.Tensor).arraySync() as number[][],
    )
    const wanted = outputs
    expect(found.map((row) => row.length)).toEqual(wanted.map((row) => row.length))
    const largest = Math.max(
      ...found.flatMap((row, index) => row.map((value, at) => Math.abs(value - wanted[index]![at]!))),
    )
    expect(largest).toBeLessThanOrEqual(1e-6)
    expect(Math.max(...wanted.flat().map(Math.abs))).toBeGreaterThan(0.1)
    model.dispose()
  })

  it('leaves nothing behind', async () => {
    await expectNoLeak(async () => (await loadKeras(fileOf('residual.keras'))).dispose())
  })

  it('names the layer that TensorFlow.js does not have, and the way by ONNX', async () => {
    const { message } = await refusal(bytesOf(golden.unknownLayer))
    expect(message).toContain("loadKeras: layers must be known to TensorFlow.js, got 'scale' (Normalization)")
    expect(message).toContain('ONNX')
  })

  it.each<[string, string, (config: Config) => void, string]>([
    [
      'another hard sigmoid',
      'row.keras',
      (config) => (layerOf(config, 'Dense').config['activation'] = 'hard_sigmoid'),
      "layer 'dense_1' must have an activation that TensorFlow.js computes likewise",
    ],
    [
      'convolutions in groups',
      'residual.keras',
      (config) => (layerOf(config, 'Conv2D').config['groups'] = 2),
      "layer 'first' must have groups 1 for TensorFlow.js, got 2",
    ],
    [
      'a leaking ReLU',
      'residual.keras',
      (config) => (layerOf(config, 'ReLU').config['negative_slope'] = 0.1),
      'must have negative_slope 0',
    ],
    [
      'code',
      'row.keras',
      (config) => Object.assign(layerOf(config, 'Flatten'), { class_name: 'Lambda' }),
      "layers must hold no code, got the Lambda layer 'flatten'",
    ],
    [
      "somebody's own class",
      'row.keras',
      (config) => Object.assign(layerOf(config, 'Dense'), { registered_name: 'mine>Dense' }),
      "layer 'dense_1' must be one of Keras' own, got the custom class mine>Dense",
    ],
    [
      'a billion units',
      'row.keras',
      (config) => (layerOf(config, 'Dense').config['units'] = 1e9),
      'must be among the numbers in the file of the weights',
    ],
    [
      'other shapes than the weights have',
      'row.keras',
      (config) => (layerOf(config, 'Dense').config['units'] = 11),
      'weight layers/dense/vars/0 must be float [4, 11], got float [4, 12]',
    ],
    [
      'a layer more than the weights have',
      'mobilenetv2_narrow.keras',
      (config) => (layerOf(config, 'Conv2D').config['use_bias'] = true),
      "layer 'Conv1' must have 2 weights in the file, got 1",
    ],
    [
      'calls in a circle',
      'residual.keras',
      (config) => {
        const layer = layerOf(config, 'ReLU') as unknown as { inbound_nodes: { args: unknown[] }[] }
        const tensor = layer.inbound_nodes[0]!.args[0] as { config: { keras_history: unknown[] } }
        tensor.config.keras_history[0] = 'classes'
      },
      'must have inputs that come from others',
    ],
  ])('refuses %s', async (_, name, change, message) => {
    expect((await refusal(changed(name, change))).message).toContain(message)
  })

  it('refuses bombs before they are unpacked', async () => {
    const files = unzipSync(fileOf('row.keras'))
    const bomb = zipSync({ ...files, 'model.weights.h5': new Uint8Array(30e6) }, { level: 9 })
    expect(bomb.length).toBeLessThan(1e5)
    const before = process.memoryUsage().arrayBuffers
    expect((await refusal(bomb)).message).toContain('must not unpack to more than 20 times as many')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6)
  })

  it('refuses an archive that says less than it holds', async () => {
    const files = unzipSync(fileOf('row.keras'))
    const bytes = zipSync({ ...files, 'model.weights.h5': new Uint8Array(30e6) }, { level: 9 })
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < bytes.length - 46; at++)
      if (view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 24, true) === 30e6)
        view.setUint32(at + 24, 1000, true)
    expect((await refusal(bytes)).message).toContain('loadKeras: ')
  })

  it('ends a thread that a damaged file keeps busy for ever', async () => {
    const bytes = Buffer.from(fileOf('row.h5'))
    const at = bytes.indexOf('"dilation_rate"')
    // The lengths within the file lead to other places then, in a circle.
    const damaged = Buffer.concat([bytes.subarray(0, at), Buffer.from('12345'), bytes.subarray(at)])
    expect((await refusal(damaged)).message).toContain('must be whole HDF5, got: no answer within 4 seconds')
  }, 20_000)

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'got 0 bytes of something else'],
    ['half an archive', fileOf('row.keras').subarray(0, 20_000), 'must be a whole .keras archive'],
    ['half an .h5', fileOf('row.h5').subarray(0, 20_000), 'must be whole HDF5'],
    ['another archive', zipSync({ 'a.txt': strToU8('a') }), 'without config.json'],
    ['a pickle', Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e), 'got a pickle of PyTorch or Python'],
    ['what torch.save writes', zipSync({ 'model/data.pkl': strToU8('x') }), 'got a pickle'],
  ])('refuses %s', async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toContain(message)
  })
})
