import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { loadModel, loadWeights, saveModel } from '../../packages/cli/src/run/model/saved-model.js'
import type { RandomSource } from '../../packages/core/src/index.js'
import { cifarResnet, mlp, pytorchResnetTensors, writeSafetensors } from '../../packages/models/src/index.js'
import { changedHeader } from './changed-header.js'
import type { FuzzTarget } from './fuzz-target.js'
import { mutateBytes, mutateJson, mutateText, pick } from './mutate.js'
import { strangeValues } from './strange-values.js'

interface SavedFiles {
  readonly json: string
  readonly weights: Uint8Array
}

interface Saved extends SavedFiles {
  readonly model: LayersModel
  /** By our names, and for the ResNet by PyTorch's. */
  readonly safetensors: readonly Uint8Array[]
}

async function saved(model: LayersModel, others: readonly Uint8Array[]): Promise<Saved> {
  const folder = await mkdtemp(join(tmpdir(), 'kd-fuzz-model-'))
  try {
    await saveModel(model, folder)
    const read = (name: string): Buffer => readFileSync(join(folder, name))
    const safetensors = [read('student.safetensors'), ...others]
    return { model, json: read('model.json').toString(), weights: read('weights.bin'), safetensors }
  } finally {
    await rm(folder, { recursive: true })
  }
}

let made: Promise<readonly Saved[]> | undefined

/** Made when they are first asked for: not every process needs them. */
function savedModels(): Promise<readonly Saved[]> {
  return (made ??= (async () => {
    await tf.setBackend('cpu')
    const resnet = cifarResnet({ depth: 8, classes: 3, inputShape: [4, 4, 1], seed: 1 })
    return [
      await saved(mlp({ inputShape: [6], hiddenUnits: [5, 4], classes: 3, seed: 1 }), []),
      await saved(resnet, [writeSafetensors(await pytorchResnetTensors(resnet))]),
    ]
  })())
}
const numbers = [0, -1, 1, 2, 3, 7, 1.5, 1e4, 1e6, 1e9, 2 ** 31, 2 ** 53, 1e308]

/** Numbers, names and options deep inside, each as likely as any other. */
function changedLeaves(random: RandomSource, json: string): string {
  const places: [object, string][] = []
  const whole: unknown = JSON.parse(json, function (this: object, key, value: unknown) {
    if (key !== '') places.push([this, key])
    return value
  })
  for (let times = 1 + random.integer(3); times > 0; times--) {
    const [holder, key] = pick(random, places)
    const [otherHolder, other] = pick(random, places)
    const value = pick<unknown>(random, [
      pick(random, numbers),
      pick(random, strangeValues),
      Reflect.get(otherHolder, other),
      undefined,
    ])
    // A copy, for a place may lie within the other.
    Reflect.set(holder, key, value === undefined ? undefined : structuredClone(value))
  }
  return JSON.stringify(whole) ?? ''
}

async function changedModel(random: RandomSource): Promise<SavedFiles> {
  const { json, weights } = pick(random, await savedModels())
  switch (random.integer(8)) {
    case 0:
      return { json: mutateText(random, json), weights }
    case 1:
      return { json: mutateJson(random, json), weights }
    case 2:
      return { json, weights: mutateBytes(random, new Uint8Array(weights)) }
    default:
      return { json: changedLeaves(random, json), weights }
  }
}

/** Models that were trained before. */
export const modelTargets: Record<string, FuzzTarget> = {
  'saved models': {
    make: changedModel,
    read: async (input) => {
      const { json, weights } = input as SavedFiles
      const folder = resolve('model')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'model.json'), json)
      writeFileSync(join(folder, 'weights.bin'), weights)
      const before = new Set(Object.keys(tf.engine().state.registeredVariables))
      try {
        return (await loadModel(folder)).weights.length
      } finally {
        for (const [name, variable] of Object.entries(tf.engine().state.registeredVariables))
          if (!before.has(name)) variable.dispose()
      }
    },
  },
  'weights of models': {
    make: async (random) => {
      const models = await savedModels()
      const index = random.integer(models.length)
      const file = new Uint8Array(pick(random, models[index]!.safetensors))
      const change = pick(random, [mutateBytes, changedHeader])
      return { index, bytes: change(random, file) }
    },
    read: async (input) => {
      const { index, bytes } = input as { index: number; bytes: Uint8Array }
      const path = resolve('weights.safetensors')
      writeFileSync(path, bytes)
      await loadWeights((await savedModels())[index]!.model, path)
    },
  },
}
