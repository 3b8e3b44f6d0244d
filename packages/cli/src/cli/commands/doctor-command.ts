import { KdError, probeEngines, type EngineProbe } from '@kd/core'
import { loadDataset } from '@kd/datasets'
import { availableParallelism } from 'node:os'
import { packageVersions } from '../../run/origin/environment.js'
import { table } from '../terminal/table.js'

/** What `kd doctor` found. */
export interface Diagnosis {
  readonly node: string
  readonly platform: string
  readonly threads: number
  readonly packages: Readonly<Record<string, string>>
  readonly engines: readonly EngineProbe[]
  /** What teachers made elsewhere need. */
  readonly runtimes: readonly { readonly name: string; readonly loads: boolean; readonly detail: string }[]
  readonly datasets: readonly { readonly name: string; readonly found: boolean; readonly detail: string }[]
}

const withFiles = ['digits', 'fashion-mnist', 'mnist', 'cifar10', 'cifar100'] as const

/** `kd doctor`: what works on this machine, and why the rest does not. */
export async function doctorCommand(): Promise<{ text: string; json: Diagnosis }> {
  const engines = await probeEngines()
  const datasets = await Promise.all(withFiles.map(findDataset))
  const diagnosis = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    threads: availableParallelism(),
    packages: packageVersions(),
    engines,
    runtimes: await findRuntimes(),
    datasets,
  }
  // What selectEngine takes; webgpu only when asked for.
  const taken = engines.find(({ name, loads }) => loads && name !== 'webgpu')?.name
  const mark = (good: boolean): string => (good ? 'yes' : 'no')
  const text = [
    table(
      ['node', `${diagnosis.node}, ${diagnosis.platform}, ${diagnosis.threads} threads`],
      Object.entries(diagnosis.packages),
    ),
    table(
      ['engine', 'loads', ''],
      engines.flatMap(({ name, loads, version, reason = '', hint }) => [
        [name, mark(loads), loads ? `${version}${name === taken ? ', the default' : ''}` : reason],
        ...(hint === undefined ? [] : [['', '', `to mend it: ${hint}`]]),
      ]),
    ),
    table(
      ['for teachers made elsewhere', 'loads', ''],
      diagnosis.runtimes.map(({ name, loads, detail }) => [name, mark(loads), detail]),
    ),
    table(
      ['dataset', 'found', ''],
      datasets.map(({ name, found, detail }) => [name, mark(found), detail]),
    ),
  ].join('\n\n')
  return { text, json: diagnosis }
}

/** Optional packages, and how each is installed; the first would download files of CUDA in its own script. */
const runtimes = {
  'onnxruntime-node': 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node',
  h5wasm: 'npm install h5wasm',
  '@tensorflow/tfjs-converter': 'npm install @tensorflow/tfjs-converter',
} as const

const readFor = {
  'onnxruntime-node': 'ONNX',
  h5wasm: 'Keras files',
  '@tensorflow/tfjs-converter': 'graph models',
} as const

async function findRuntimes(): Promise<Diagnosis['runtimes']> {
  return Promise.all(
    (Object.keys(runtimes) as (keyof typeof runtimes)[]).map(async (name) => {
      const loads = await import(name).then(
        () => true,
        () => false,
      )
      return {
        name,
        loads,
        detail: loads ? readFor[name] : `${readFor[name]}; to have it: ${runtimes[name]}`,
      }
    }),
  )
}

async function findDataset(name: (typeof withFiles)[number]): Promise<Diagnosis['datasets'][number]> {
  try {
    const { train, test } = await loadDataset({ name })
    return {
      name,
      found: true,
      detail: `${train.labels.length} training, ${test?.labels.length ?? 0} test examples`,
    }
  } catch (error) {
    if (!KdError.isInstance(error)) throw error
    return { name, found: false, detail: error.hint ?? error.message }
  }
}
