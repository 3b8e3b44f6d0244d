import { PASS_BATCH_SIZE, selectEngine, type Dataset, type EngineName } from '@kd/core'
import { scoreSplits, selectTop, type SeenExamples } from '@kd/selection'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { basename, extname } from 'node:path'
import type { ConfigInput } from '../../config/config-schema.js'
import { readConfig } from '../../config/read-config.js'
import { CHECKPOINT_SECONDS, RunCheckpoints } from '../../run/checkpoint/run-checkpoints.js'
import { studentModel, type NamedConfig } from '../../run/model/config-model.js'
import type { RunContext } from '../../run/training/run-context.js'
import { UsageError } from '../../config/usage-error.js'
import { trainOpen } from '../../run/training/make-teachers.js'
import { openTeacher } from '../../run/training/open-teachers.js'
import { tellOfFasterEngine } from '../../run/tell-of-faster-engine.js'
import { prepareDataset, trainingData } from '../../run/data/prepare-dataset.js'
import { RunFolder } from '../../run/folder/run-folder.js'
import type { OnRunProgress } from '../../run/log/run-progress.js'
import { runOrigin, writeOrigin } from '../../run/origin/run-origin.js'
import { assertClasses, assertHeldOut, assertScorable } from './assert-scorable.js'
import { scoreTable, type ScoredExample } from './score-table.js'
import { lastLayerOf, seeSplit, type LastLayer } from './see-split.js'
import { selectionCost } from './selection-cost.js'
import { selectionSettings, type SelectionSettings } from './selection-settings.js'
import { writeSelection } from './write-selection.js'

/** How a selection is started. */
export interface SelectionOptions {
  /** `key=value` each, in place of the config's own values. */
  readonly overrides?: readonly string[]
  /** The engine that takes the place of the config's. */
  readonly engine?: EngineName
  /** Folder for the files. @defaultValue `runs/<config>-select`, with a number behind it where that exists */
  readonly out?: string
  /** Whether a selection in `out` is replaced. @defaultValue false */
  readonly force?: boolean
  /** This is called with what goes on. */
  readonly onProgress?: OnRunProgress
  /** Ends the selection; no score file is written then. */
  readonly signal?: AbortSignal
}

/** What a selection found. */
export interface SelectionResult {
  readonly folder: string
  readonly dataset: string
  /** Whose last layer was scored. */
  readonly model: string
  readonly score: string
  readonly fraction: number
  readonly engine: string
  readonly ended: 'done' | 'aborted'
  /** Numbers of training examples; absent when it was ended before. */
  readonly examples?: number
  readonly selected?: number
  /** Share of wrong labels among the chosen and the others, where the labels before noise are known. */
  readonly wrongLabels?: { readonly selected: number; readonly others: number }
  /** Names of what was written, in the folder. */
  readonly files: readonly string[]
  readonly seconds: number
}

/**
 * Scores the training examples of a config by its `method.selection`, and writes scores and pictures: what `kd select` does.
 *
 * @param source - path of a YAML or JSON config, or its content; `training` may be missing, and `method` too: the selection then
 * has its defaults
 * @param options - see {@link SelectionOptions}
 * @returns what was found
 * @throws {@link ConfigError} for a config, {@link KdError} for anything later
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { runSelection } from '@kd/cli'
 *
 * const result = await runSelection(
 *   {
 *     dataset: { name: 'digits' },
 *     teachers: [{ model: { name: 'mlp', hiddenUnits: [16] }, training: { epochs: 1 } }],
 *     student: { model: { name: 'mlp', hiddenUnits: [8] } },
 *     method: { name: 'label-revision', selection: { score: 'margin', fraction: 0.5 } },
 *     engine: 'cpu',
 *   },
 *   { out: join(tmpdir(), 'my-selection'), force: true },
 * )
 * console.log(result.files.includes('scores.csv')) // true
 * ```
 */
export async function runSelection(
  source: string | ConfigInput,
  options: SelectionOptions = {},
): Promise<SelectionResult> {
  const started = performance.now()
  const { onProgress: tell = () => undefined } = options
  const read = await readConfig(source, { overrides: options.overrides ?? [] })
  const engine = await selectEngine(options.engine ?? read.config.engine)
  tellOfFasterEngine(engine.name, tell)
  const config = { ...read.config, engine: engine.name }
  const named = { config, catalogue: read.catalogue }
  for (const text of read.warnings) tell({ kind: 'message', text })
  const selection = selectionSettings(config)
  assertScorable(config, selection)

  const clean = await prepareDataset(named, tell)
  const { labelNoise, seed } = config.dataset
  const dataset = await trainingData(clean, { ...config.student, labelNoise }, seed)
  assertClasses(clean)
  assertClasses(dataset)
  assertHeldOut(dataset, selection)
  const name = `${basename(read.name, extname(read.name))}-select`
  const folder = await RunFolder.create({ ...options, name })
  try {
    return await selectIn(folder, { named, clean, dataset, selection, started }, options)
  } finally {
    await folder.release()
  }
}

interface PreparedSelection {
  /** The config with its engine. */
  readonly named: NamedConfig
  readonly clean: Dataset
  readonly dataset: Dataset
  readonly selection: SelectionSettings
  readonly started: number
}

async function selectIn(
  folder: RunFolder,
  { named, clean, dataset, selection, started }: PreparedSelection,
  { onProgress: tell = () => undefined, signal }: SelectionOptions,
): Promise<SelectionResult> {
  const { config } = named
  const origin = await runOrigin(config, dataset)
  await writeOrigin(folder, origin)
  tell({ kind: 'message', text: `folder ${folder.path}` })

  const setup = { folder, id: origin.id, resume: false, everySeconds: CHECKPOINT_SECONDS, signal, tell }
  const checkpoints = new RunCheckpoints(setup)
  const context = { ...named, signal, tell, folder, checkpoints }
  const model =
    selection.model === 'student' ? await studentModel(named, dataset) : await firstTeacher(context, clean)
  const table = signal?.aborted ? undefined : await scored(context, { dataset, model, selection })
  model.dispose()
  await checkpoints.remove()
  const summary = {
    folder: folder.path,
    dataset: dataset.name,
    model: selection.model,
    score: selection.score,
    fraction: selection.fraction,
    engine: config.engine!,
    ...(table === undefined ? {} : countsOf(table)),
  }
  const files =
    table === undefined ? [] : await writeSelection(folder, { dataset, table, selection, summary })
  const seconds = (performance.now() - started) / 1000
  return { ...summary, ended: table === undefined ? 'aborted' : 'done', files, seconds }
}

/** The first teacher of the config, trained if it has a recipe; of several checkpoints the latest. */
async function firstTeacher(context: RunContext, clean: Dataset): Promise<LayersModel> {
  const open = await openTeacher(context, 0, clean)
  await trainOpen(context, clean, open)
  const { teacher } = open.states.at(-1)!
  if ('layers' in teacher) return teacher
  throw new UsageError(
    `kd select must have a teacher whose last layer it can see, got ${open.name}`,
    'score with a run, or a model with weights or training',
  )
}

interface Scoring {
  readonly dataset: Dataset
  readonly model: LayersModel
  readonly selection: SelectionSettings
}

/** Scores the training split; undefined when it was ended meanwhile. */
async function scored(
  { tell, signal }: { readonly tell: OnRunProgress; readonly signal: AbortSignal | undefined },
  { dataset, model, selection }: Scoring,
): Promise<ScoredExample[] | undefined> {
  const lastLayer = lastLayerOf(model)
  tell({ kind: 'message', text: await costText(lastLayer, dataset, selection) })
  const onProgress = (examples: number, of: number): void => {
    tell({ kind: 'evaluated', examples, of })
  }
  const train = await seeSplit(lastLayer, dataset, dataset.train, { onProgress, signal })
  const held = dataset.validation ?? dataset.train
  // A score that does not look at held-out data is not shown any.
  const validation =
    dataset.validation === undefined ? train : await seeSplit(lastLayer, dataset, held, { signal })
  if (train === undefined || validation === undefined) return undefined
  const scores = await scoreSplits({ train, validation }, selection)
  // The solver does not look at the signal: whoever ended it meanwhile gets no files.
  await new Promise(setImmediate)
  if (signal?.aborted) return undefined
  const mask = selectTop(scores, {
    fraction: selection.fraction,
    ...(selection.balanced && { labels: train.labels, balanced: true }),
  })
  return scoreTable(train, { scores, mask }, dataset.train.cleanLabels)
}

async function costText(
  lastLayer: LastLayer,
  dataset: Dataset,
  { score }: SelectionSettings,
): Promise<string> {
  const examples = dataset.train.labels.length + (dataset.validation?.labels.length ?? 0)
  const first = { limit: PASS_BATCH_SIZE }
  // Twice: the first pass of a model also prepares it.
  await seeSplit(lastLayer, dataset, dataset.train, first)
  const started = performance.now()
  const { labels } = (await seeSplit(lastLayer, dataset, dataset.train, first)) as SeenExamples
  const passSeconds = (performance.now() - started) / 1000 / labels.length
  const { bytes, seconds } = await selectionCost(lastLayer, examples, {
    passSeconds,
    solves: score === 'influence',
  })
  return (
    `${examples} examples x (${lastLayer.features} features + ${lastLayer.logits} logits): ` +
    `${(bytes / 1e6).toFixed(1)} MB in memory, about ${Math.max(1, Math.ceil(seconds))} s`
  )
}

function countsOf(
  table: readonly ScoredExample[],
): Pick<SelectionResult, 'examples' | 'selected' | 'wrongLabels'> {
  const selected = table.filter((example) => example.selected)
  const others = table.filter((example) => !example.selected)
  const wrong = (examples: readonly ScoredExample[]): number =>
    examples.filter(({ label, cleanLabel }) => label !== cleanLabel).length / (examples.length || 1)
  return {
    examples: table.length,
    selected: selected.length,
    ...(table[0]!.cleanLabel !== undefined && {
      wrongLabels: { selected: wrong(selected), others: wrong(others) },
    }),
  }
}
