import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/config-schema.js'
import { readConfig, type ReadConfig } from '../../config/read-config.js'
import { runConfig } from '../../run/run-distillation.js'
import type { RunProgress } from '../../run/log/run-progress.js'
import type { Job, JobOutcome } from '../job/job.js'
import type { PlannedRun } from './plan-comparison.js'

/** What a comparison is going to take, about. */
export interface Budget {
  /** Wall time. */
  readonly seconds: number
  readonly bytes: number
  readonly jobs: number
  /** Jobs whose estimate comes from finished runs of their setting; the others' from some steps that were timed. */
  readonly fromEarlierRuns: number
}

/** What is estimated. */
export interface BudgetOptions {
  readonly toDo: readonly Job[]
  readonly runs: readonly PlannedRun[]
  /** Outcomes of finished runs, by id. */
  readonly found: ReadonlyMap<string, JobOutcome>
  /** Jobs at a time. */
  readonly atOnce: number
  readonly workspace: string
  readonly signal: AbortSignal
}

interface Cost {
  readonly seconds: number
  readonly bytes: number
}

/** So long steps of a setting are timed, unless an epoch takes less. */
const MEASURED_MS = 1500
/** The size of a line in metrics.jsonl, about. */
const EPOCH_BYTES = 600

/**
 * Estimates time and disk: of a setting that has finished runs from these, of any other from the steps of one training that
 * is begun in a temporary folder and ended after 1.5 seconds or one epoch. Jobs at a time are taken not to slow each other.
 *
 * @param options - see {@link BudgetOptions}
 * @returns the sum over all jobs
 */
export async function estimateBudget({
  toDo,
  runs,
  found,
  atOnce,
  workspace,
  signal,
}: BudgetOptions): Promise<Budget> {
  const costs = new Map<string, Cost>()
  for (const { job } of runs) {
    const outcome = found.get(job.id)
    if (outcome?.state !== 'done' || outcome.result === undefined || costs.has(settingOf(job))) continue
    const { seconds, folder } = outcome.result
    costs.set(settingOf(job), { seconds, bytes: await folderBytes(folder) })
  }
  const earlier = new Set(costs.keys())
  const total = { seconds: 0, bytes: 0, fromEarlierRuns: 0 }
  for (const job of toDo) {
    const setting = settingOf(job)
    const cost = costs.get(setting) ?? (await measure(job, workspace, signal))
    costs.set(setting, cost)
    total.seconds += cost.seconds
    total.bytes += cost.bytes
    total.fromEarlierRuns += earlier.has(setting) ? 1 : 0
  }
  const { seconds, ...rest } = total
  return { ...rest, seconds: seconds / Math.max(1, Math.min(atOnce, toDo.length)), jobs: toDo.length }
}

/** Jobs that differ in their seed only cost the same. */
function settingOf(job: Job): string {
  return JSON.stringify([job.kind, job.kind === 'teacher' ? job.index : 0, { ...job.config, seed: 0 }])
}

async function measure(job: Job, workspace: string, signal: AbortSignal): Promise<Cost> {
  const read = await readConfig(job.config, { folder: workspace })
  const config =
    job.kind === 'teacher' ? teacherAlone(read.config, job.index) : withQuickTeachers(read.config)
  const { epochs } = config.training!
  const out = await mkdtemp(join(tmpdir(), 'kd-budget-'))
  try {
    const { epochSeconds, restSeconds } = await timeOneEpoch({ ...read, config: quick(config) }, out, signal)
    return {
      seconds: restSeconds + epochs * epochSeconds,
      bytes: (await folderBytes(out)) + epochs * EPOCH_BYTES,
    }
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

function quick(config: Config): Config {
  return { ...config, training: { ...config.training!, epochs: 1 } }
}

/** Teachers that nobody trained teach as slowly as good ones. */
function withQuickTeachers(config: Config): Config {
  const teachers = config.teachers.map((teacher) =>
    teacher.training === undefined || teacher.answers !== undefined
      ? teacher
      : { ...teacher, take: teacher.training.batchSize, training: { ...teacher.training, epochs: 1 } },
  )
  return { ...config, teachers }
}

/** A teacher's recipe as the training of a student. */
function teacherAlone(config: Config, index: number): Config {
  const { model, training, take, labelNoise = config.dataset.labelNoise } = config.teachers[index]!
  return {
    ...config,
    dataset: { ...config.dataset, labelNoise },
    student: { ...config.student, model: model!, take },
    teachers: [],
    method: { name: 'label-loss' },
    training: training!,
  }
}

async function timeOneEpoch(
  read: ReadConfig,
  out: string,
  signal: AbortSignal,
): Promise<{ epochSeconds: number; restSeconds: number }> {
  const enough = new AbortController()
  const started = performance.now()
  const stepEnds: number[] = []
  let epochEnd: number | undefined
  let steps = 1
  let trained = 0
  const onProgress = (progress: RunProgress): void => {
    if (!('who' in progress) || progress.who !== 'student') return
    const now = performance.now()
    if (progress.kind === 'training') trained -= now
    if (progress.kind === 'trained') trained += now
    if (progress.kind === 'epoch') epochEnd = now
    if (progress.kind !== 'step') return
    stepEnds.push(now)
    steps = progress.step.stepsPerEpoch
    if (stepEnds.length > 2 && now - stepEnds[0]! > MEASURED_MS) enough.abort()
  }
  await runConfig(read, { out, signal: AbortSignal.any([signal, enough.signal]), onProgress })
  const validation = epochEnd === undefined ? 0 : epochEnd - stepEnds.at(-1)!
  return {
    epochSeconds: (steps * medianStep(stepEnds) + validation) / 1000,
    restSeconds: (performance.now() - started - trained) / 1000,
  }
}

/** The first step also prepares, and is no measure unless it is the only one. */
function medianStep(ends: readonly number[]): number {
  const times = ends.slice(1).map((end, index) => end - ends[index]!)
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true })
  const files = await Promise.all(names.map((name) => stat(join(folder, name))))
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
}
