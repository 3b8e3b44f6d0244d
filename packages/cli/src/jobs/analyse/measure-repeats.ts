import { evaluate, type Dataset } from '@kd/core'
import {
  biasVarianceKullbackLeibler,
  biasVarianceSquaredError,
  type BiasVariance,
  type BiasVarianceRepeat,
  type PartStudent,
} from '@kd/report'
import { join, resolve } from 'node:path'
import type { ComparisonPlan, PlannedRun } from '../compare/plan-comparison.js'
import { readDiagnostics } from '../../run/diagnostics/read-diagnostics.js'
import { prepareDataset } from '../../run/data/prepare-dataset.js'
import { loadModel } from '../../run/model/saved-model.js'
import type { JobOutcome } from '../job/job.js'
import type { PlannedRepeat, ReadBiasVariance } from './read-bias-variance.js'

/** Students of one setting and seed, and what they showed. */
export interface MeasuredRepeat {
  readonly planned: PlannedRepeat
  readonly repeat: BiasVarianceRepeat
  /** Each test example's own, where all students are done. */
  readonly examples?: MeasuredExamples
}

/** Bias and variance of each test example. */
export interface MeasuredExamples {
  readonly ids: Int32Array
  readonly labels: Int32Array
  readonly kullbackLeibler: BiasVariance
  readonly squaredError: BiasVariance
}

/** What became of the students. */
export interface MeasureContext {
  /** Absolute. */
  readonly workspace: string
  readonly outcomes: ReadonlyMap<string, JobOutcome>
  readonly signal: AbortSignal
}

/** Takes the loss of all students that are done apart, on the test examples. */
export async function measureRepeats(
  { repeats, splits }: ReadBiasVariance,
  { runs }: ComparisonPlan,
  { workspace, outcomes, signal }: MeasureContext,
): Promise<MeasuredRepeat[]> {
  const measured: MeasuredRepeat[] = []
  let last: { readonly key: string; readonly dataset: Dataset } | undefined
  for (const [index, planned] of repeats.entries()) {
    const own = runs.slice(index * splits, (index + 1) * splits)
    const students: PartStudent[] = []
    for (const [part, run] of own.entries())
      students.push(await partStudent(run, part + 1, outcomes, workspace))
    const repeat = { seed: planned.seed, students }
    if (signal.aborted || students.some(({ state }) => state !== 'done')) {
      measured.push({ planned, repeat })
      continue
    }
    const { read } = own[0]!.point
    const key = JSON.stringify([read.config.dataset, read.config.task])
    // That it is classification was checked before anything was trained.
    const dataset =
      last?.key === key ? last.dataset : ((await prepareDataset(read, () => undefined)) as Dataset)
    last = { key, dataset }
    measured.push({ planned, ...(await measure(dataset, repeat, workspace)) })
  }
  return measured
}

async function partStudent(
  { job }: PlannedRun,
  part: number,
  outcomes: ReadonlyMap<string, JobOutcome>,
  workspace: string,
): Promise<PartStudent> {
  const outcome = outcomes.get(job.id) ?? { state: 'stopped' }
  const common = { part, id: job.id, folder: job.folder, state: outcome.state }
  if (outcome.state === 'failed') return { ...common, message: outcome.message }
  if (outcome.state !== 'done') return common
  const diagnostics = await readDiagnostics(resolve(workspace, job.folder, 'diagnostics.json'))
  const regularization = diagnostics?.regularization
  return regularization === undefined ? common : { ...common, regularization }
}

async function measure(
  dataset: Dataset,
  repeat: BiasVarianceRepeat,
  workspace: string,
): Promise<Omit<MeasuredRepeat, 'planned'>> {
  const { labels, ids } = dataset.test!
  const logits: Float32Array[] = []
  let top1 = 0
  for (const { folder } of repeat.students) {
    const model = await loadModel(join(resolve(workspace, folder), 'student'))
    try {
      const found = await evaluate(model, dataset, { split: 'test' })
      logits.push(found.logits)
      top1 += found.top1 / repeat.students.length
    } finally {
      model.dispose()
    }
  }
  const kullbackLeibler = biasVarianceKullbackLeibler(logits, labels)
  const squaredError = biasVarianceSquaredError(logits, labels)
  const means = ({ loss, bias, variance }: BiasVariance) => ({ loss, bias, variance })
  const found = {
    testExamples: labels.length,
    top1,
    kullbackLeibler: means(kullbackLeibler),
    squaredError: means(squaredError),
  }
  return { repeat: { ...repeat, found }, examples: { ids, labels, kullbackLeibler, squaredError } }
}
