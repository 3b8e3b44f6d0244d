import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { logitTables, type RandomSource } from '../../packages/core/src/index.js'
import {
  loadGraphModelTeacher,
  loadKeras,
  loadTensorflowModel,
  mlp,
  readLogitTable,
} from '../../packages/models/src/index.js'
import keptLogits from '../../packages/models/src/kept-logits/kept-logits.golden.json' with { type: 'json' }
import keras from '../../packages/models/src/keras/keras-files.golden.json' with { type: 'json' }
import { parquetLogitTable } from '../../packages/datasets/src/index.js'
import parquet from '../../packages/datasets/src/table/parquet-logit-table.golden.json' with { type: 'json' }
import { strToU8, unzipSync, zipSync } from 'fflate'
import type { FuzzTarget } from './fuzz-target.js'
import { mutateBytes, mutateJson, mutateText, pick } from './mutate.js'

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
const kerasFiles = keras.cases.map(({ file }) => bytesOf(file))
const archives = kerasFiles.filter((bytes) => bytes[0] === 0x50)

/** An archive whose configuration or weights were changed, packed again so that its sizes fit. */
function changedArchive(random: RandomSource): Uint8Array {
  const files = unzipSync(pick(random, archives))
  const config = new TextDecoder().decode(files['config.json'])
  const weights = files['model.weights.h5']!
  const changed =
    random.integer(3) === 0
      ? { 'model.weights.h5': mutateBytes(random, weights) }
      : {
          'config.json': strToU8(
            random.integer(4) === 0 ? mutateText(random, config) : mutateJson(random, config),
          ),
        }
  return zipSync({ ...files, ...changed }, { level: pick(random, [0, 6]) })
}

interface Folder {
  readonly json: string
  readonly weights: Uint8Array
}

const float = { type: 'DT_FLOAT' }
const graph: Folder = {
  json: JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      versions: { producer: 1882 },
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: float, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } },
        },
        { name: 'kernel', op: 'Const', attr: { dtype: float } },
        { name: 'MatMul', op: 'MatMul', input: ['x', 'kernel'], attr: { T: float } },
        { name: 'Softmax', op: 'Softmax', input: ['MatMul'], attr: { T: float } },
      ],
    },
    weightsManifest: [
      { paths: ['weights.bin'], weights: [{ name: 'kernel', shape: [2, 3], dtype: 'float32' }] },
    ],
  }),
  weights: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
}

let layersFolder: Promise<Folder> | undefined
function layersModel(): Promise<Folder> {
  return (layersFolder ??= (async () => {
    await tf.setBackend('cpu')
    let found: tf.io.ModelArtifacts | undefined
    await mlp({ inputShape: [6], hiddenUnits: [5, 4], classes: 3, seed: 1 }).save(
      tf.io.withSaveHandler(async (artifacts) => {
        found = artifacts
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
      }),
    )
    const { modelTopology, weightSpecs, weightData } = found!
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
    return {
      json: JSON.stringify({ modelTopology, weightsManifest }),
      weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
    }
  })())
}

function changedFolder(random: RandomSource, { json, weights }: Folder): Folder {
  return pick(random, [
    () => ({ json: mutateJson(random, json), weights }),
    () => ({ json: mutateText(random, json), weights }),
    () => ({ json, weights: mutateBytes(random, weights) }),
  ])()
}

/** As `fetch` would, with the parsing that a folder gets. */
function filesOf({ json, weights }: Folder): Parameters<typeof loadTensorflowModel>[0] {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    parsed = undefined
  }
  return { json: parsed, read: async () => weights }
}

/** Frees what a case made, so that memory tells of leaks alone. */
async function freed<Result>(work: () => Promise<Result>): Promise<void> {
  await tf.setBackend('cpu')
  const before = new Set(Object.keys(tf.engine().state.registeredVariables))
  try {
    await work()
  } finally {
    for (const [name, variable] of Object.entries(tf.engine().state.registeredVariables))
      if (!before.has(name)) variable.dispose()
  }
}

/** Models and answers that were made elsewhere. */
export const foreignModelTargets: Record<string, FuzzTarget> = {
  'files of Keras': {
    make: (random) =>
      random.integer(2) === 0 ? mutateBytes(random, pick(random, kerasFiles)) : changedArchive(random),
    read: (input) => freed(() => loadKeras(input as Uint8Array)),
  },
  'folders of TensorFlow.js': {
    make: async (random) => changedFolder(random, await layersModel()),
    read: (input) => freed(() => loadTensorflowModel(filesOf(input as Folder))),
  },
  'graph models': {
    make: (random) => changedFolder(random, graph),
    read: (input) =>
      freed(async () =>
        (await loadGraphModelTeacher(filesOf(input as Folder), { withoutSoftmax: true })).dispose!(),
      ),
  },
  'logits of others': {
    make: (random) => {
      const { files } = keptLogits
      return mutateBytes(random, bytesOf(pick(random, [files.npy, files.npyHalf, files.safetensors])))
    },
    read: (input) => logitTables({ train: readLogitTable(input as Uint8Array) }),
  },
  'logits in Parquet': {
    make: (random) =>
      mutateBytes(random, bytesOf(pick(random, [parquet.files.list, parquet.files.fixedSizeList]))),
    read: async (input) => logitTables({ train: await parquetLogitTable(input as Uint8Array) }),
  },
}
