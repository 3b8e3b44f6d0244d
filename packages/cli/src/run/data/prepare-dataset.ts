import type { Dataset } from '@kd/core'
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
import { loadSource, type DatasetConfig } from '../../config/datasets.js'
import type { OnRunProgress } from '../log/run-progress.js'

/** Loads a data set and makes its splits, with the labels that it came with. */
export async function prepareDataset(config: DatasetConfig, tell: OnRunProgress): Promise<Dataset> {
  const { seed, validation, imbalance, take } = config
  let dataset = await loadSource(config, ({ url, receivedBytes, totalBytes }) => {
    tell({ kind: 'download', url, receivedBytes, totalBytes })
  })
  const test = 'test' in config && dataset.test === undefined ? config.test : undefined
  if (test !== undefined && test > 0) dataset = splitDataset(dataset, { test, seed })
  if (validation > 0 && dataset.validation === undefined)
    dataset = splitDataset(dataset, { validation, seed })
  if (imbalance !== undefined) dataset = imbalanceClasses(dataset, { ...imbalance, seed })
  return take === undefined ? dataset : takeExamples(dataset, { ...defined(take), seed })
}

/** What one model is trained on: part of the training split, or all of it, with its label noise. */
export async function trainingData(
  clean: Dataset,
  wanted: WantedExamples,
  seed: number | string,
): Promise<Dataset> {
  const { take, part, labelNoise } = wanted
  const taken = take === undefined ? clean : takeExamples(clean, { train: take, seed })
  const own = part === undefined ? taken : takePart(taken, { ...part, seed: `${seed}/${part.permutation}` })
  return addLabelNoise(own, labelNoise, seed)
}

/** What the recipe of a teacher trains it on. */
export function recipeData({ dataset }: Config, teacher: TeacherConfig, clean: Dataset): Promise<Dataset> {
  const wanted = { take: teacher.take, labelNoise: teacher.labelNoise ?? dataset.labelNoise }
  return trainingData(clean, wanted, dataset.seed)
}

interface WantedExamples {
  readonly take?: number | undefined
  readonly part?: Config['student']['part'] | undefined
  readonly labelNoise: LabelNoiseConfig
}

async function addLabelNoise(
  dataset: Dataset,
  noise: LabelNoiseConfig,
  seed: number | string,
): Promise<Dataset> {
  if (noise.kind === 'none') return dataset
  if (noise.kind === 'file') {
    return corruptLabels(dataset, { kind: 'from-labels', labels: await readLabelFile(noise.path) })
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
