import { KdError, taskOf, type AnyDataset } from '@kd/core'
import {
  corruptLabels,
  imbalanceClasses,
  readLabelFile,
  splitDataset,
  takeExamples,
  takePart,
  type LabelNoise,
} from '@kd/datasets'
import type { LabelNoiseConfig } from '../../config/data-preparation-schema.js'
import type { Config, TeacherConfig } from '../../config/config-schema.js'
import { loadSource } from '../../config/datasets.js'
import { wantedTask } from '../../config/tasks.js'
import type { NamedConfig } from '../model/config-model.js'
import type { OnRunProgress } from '../log/run-progress.js'
import { withinMemory } from './within-memory.js'

/** Loads the data set of a config and makes its splits, with the labels that it came with. */
export function prepareDataset(named: NamedConfig, tell: OnRunProgress): Promise<AnyDataset> {
  return withinMemory({ dataset: named.config.dataset }, () => loadAndSplit(named, tell))
}

async function loadAndSplit({ config, catalogue }: NamedConfig, tell: OnRunProgress): Promise<AnyDataset> {
  const { dataset: wanted, task } = config
  const { seed, validation, imbalance, take } = wanted
  let dataset = await loadSource(wanted, catalogue.datasets, {
    ...(task && { task: wantedTask(task, catalogue.tasks) }),
    onProgress: ({ url, receivedBytes, totalBytes }) => {
      tell({ kind: 'download', url, receivedBytes, totalBytes })
    },
    onNote: (text) => {
      tell({ kind: 'message', text })
    },
  })
  dataset = { ...dataset, sourceExamples: dataset.sourceExamples ?? examplesOfSource(dataset) }
  const { name } = taskOf(dataset)
  if (task !== undefined && task.name !== name) {
    throw new KdError(
      `dataset must have labels for the task ${task.name}, got ${wanted.name}, whose task is ${name}`,
    )
  }
  if (validation > 0 && dataset.validation === undefined)
    dataset = splitDataset(dataset, { validation, seed })
  if (imbalance !== undefined) dataset = imbalanceClasses(dataset, { ...imbalance, seed })
  return take === undefined ? dataset : takeExamples(dataset, { ...defined(take), seed })
}

/** What one model is trained on: part of the training split, or all of it, with its label noise. */
export async function trainingData(
  clean: AnyDataset,
  wanted: WantedExamples,
  seed: number | string,
): Promise<AnyDataset> {
  const { take, part, labelNoise } = wanted
  const taken = take === undefined ? clean : takeExamples(clean, { train: take, seed })
  const own = part === undefined ? taken : takePart(taken, { ...part, seed: `${seed}/${part.permutation}` })
  return addLabelNoise(own, labelNoise, seed)
}

/** What the recipe of a teacher trains it on. */
export function recipeData(
  { dataset }: Config,
  teacher: TeacherConfig,
  clean: AnyDataset,
): Promise<AnyDataset> {
  const wanted = { take: teacher.take, labelNoise: teacher.labelNoise ?? dataset.labelNoise }
  return trainingData(clean, wanted, dataset.seed)
}

/** Counts the examples of the file that the training split came from: a test split with other ids was held out of it. */
function examplesOfSource({ train, test }: AnyDataset): number {
  const own = new Set(train.ids)
  const heldOut = test?.ids.some((id) => own.has(id)) === false ? test.ids : []
  let last = -1
  for (const ids of [train.ids, heldOut]) for (const id of ids) last = Math.max(last, id)
  return last + 1
}

interface WantedExamples {
  readonly take?: number | undefined
  readonly part?: Config['student']['part'] | undefined
  readonly labelNoise: LabelNoiseConfig
}

async function addLabelNoise(
  dataset: AnyDataset,
  noise: LabelNoiseConfig,
  seed: number | string,
): Promise<AnyDataset> {
  if (noise.kind === 'none') return dataset
  if (noise.kind === 'file') {
    return corruptLabels(dataset, {
      kind: 'from-labels',
      labels: await readLabelFile(noise.path, { examples: dataset.sourceExamples }),
    })
  }
  return corruptLabels(dataset, { ...noise, seed: noise.seed ?? seed } satisfies LabelNoise)
}

/** An object without the keys that are undefined. */
function defined<Value extends object>(
  value: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [Key in keyof Value]?: Exclude<Value[Key], undefined>
  }
}
