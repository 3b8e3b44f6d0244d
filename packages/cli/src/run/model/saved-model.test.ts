import { randomSource } from '@kd/core'
import {
  cifarResnet,
  mlp,
  pytorchResnetTensors,
  readSafetensors,
  shufflenetV1,
  writeSafetensors,
} from '@kd/models'
import { expectAllClose } from '@kd/testing'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadModel, loadWeights, saveModel } from './saved-model.js'

const inputs = (shape: number[]): tf.Tensor => {
  const random = randomSource('inputs')
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  )
}
const predict = (model: LayersModel, x: tf.Tensor): tf.Tensor => model.predict(x) as tf.Tensor

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kd-saved-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('saveModel', () => {
  it('writes what stock tf.loadLayersModel reads, as a browser would over HTTP', async () => {
    const model = cifarResnet({ depth: 8, classes: 4, inputShape: [8, 8, 3], seed: 3 })
    await saveModel(model, folder)
    const server = createServer((request, response) => {
      void readFile(join(folder, request.url!)).then((content) => {
        if (request.url!.endsWith('.json')) response.setHeader('content-type', 'application/json')
        response.end(content)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const loaded = await loadLayersModel(`http://127.0.0.1:${port}/model.json`)
      const x = inputs([2, 8, 8, 3])
      expectAllClose(predict(loaded, x), await predict(model, x).array())
    } finally {
      server.close()
    }
  })

  it.each([
    ['mlp', mlp({ inputShape: [6], hiddenUnits: [5], classes: 3, seed: 1 }), [2, 6]],
    ['shufflenet-v1', shufflenetV1({ classes: 3, inputShape: [16, 16, 3], seed: 1 }), [1, 16, 16, 3]],
  ] as const)('is undone by loadModel: %s', async (_, model, shape) => {
    await saveModel(model, folder)
    const x = inputs([...shape])
    expectAllClose(predict(await loadModel(folder), x), await predict(model, x).array())
    const stored = readSafetensors(await readFile(join(folder, 'student.safetensors')))
    expect([...stored.keys()].sort()).toEqual(model.weights.map(({ originalName }) => originalName).sort())
  })
})

describe('loadWeights', () => {
  it('reads our names and those of PyTorch', async () => {
    const make = (seed: number): LayersModel =>
      cifarResnet({ depth: 8, classes: 4, inputShape: [8, 8, 3], seed })
    const model = make(1)
    const x = inputs([2, 8, 8, 3])
    const wanted = await predict(model, x).array()
    await saveModel(model, folder)
    await writeFile(join(folder, 'pytorch.safetensors'), writeSafetensors(await pytorchResnetTensors(model)))
    for (const name of ['student.safetensors', 'pytorch.safetensors']) {
      const other = make(2)
      expect(await predict(other, x).array()).not.toEqual(wanted)
      await loadWeights(other, join(folder, name))
      expectAllClose(predict(other, x), wanted)
    }
  })
})
