import {
  optionsSchema,
  type Definition,
  type OptionsInput,
  type OptionsOutput,
  type OptionsShape,
} from '../options/definition.js'
import { InvalidArgumentError } from '../errors.js'
import { parseOptions, type OptionsSchema } from '../options/options.js'
import type { LabelForm, TaskContext } from '../task/define-task.js'
import type { Task } from '../task/task.js'
import { assertDataset } from './assert-dataset.js'
import type { AnyDataset } from './dataset.js'

/** The progress of a download. */
export interface DownloadProgress {
  readonly url: string
  /** The path where the whole file will be. */
  readonly path: string
  /** Bytes on disk so far, including those of an earlier, interrupted download. */
  readonly receivedBytes: number
  /** Size of the whole file; absent where the server does not say it. */
  readonly totalBytes?: number
}

/** What a data set may be told beside its options. */
export interface DatasetContext {
  /**
   * What is to be learned. A factory of `defineTask` will do.
   * @defaultValue what the data set is for, mostly classes
   */
  readonly task?: WantedTask
  /** Is called while files are fetched. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** Is called with a sentence for what was left out of the data, such as a column of row numbers, and why. */
  readonly onNote?: (note: string) => void
  /**
   * The seed of what is held out, for data that come without a split.
   * @defaultValue 0
   */
  readonly seed?: number | string
}

/** A task before it is known how many outputs the data have. */
export interface WantedTask {
  readonly name: string
  readonly labels: LabelForm
  /** Makes the task for data with so many outputs. */
  make(context: TaskContext): Task
}

/** How a data set is defined. */
export interface DatasetDefinition<
  Shape extends OptionsShape,
  Data extends AnyDataset,
> extends Definition<Shape> {
  /** Whether inputs are bytes, for which a config gives the normalization of pixels in [0, 1]. */
  readonly bytes?: boolean
  /**
   * Which kinds of labels it can give.
   * @defaultValue classes only
   */
  readonly labels?: readonly LabelForm[]
  /** Loads it; where a task is wanted, with labels of that task's kind. The task itself is added afterwards. */
  readonly load: (options: OptionsOutput<Shape>, context: DatasetContext) => Promise<Data> | Data
}

/** A data set's loader, which carries its own description. */
export interface DatasetFactory<
  Shape extends OptionsShape = OptionsShape,
  Data extends AnyDataset = AnyDataset,
> {
  (options?: OptionsInput<Shape>, context?: DatasetContext & { readonly task?: never }): Promise<Data>
  (options: OptionsInput<Shape>, context: DatasetContext): Promise<AnyDataset>
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  readonly options: OptionsSchema
  readonly bytes: boolean
  readonly labels: readonly LabelForm[]
}

/**
 * Defines a data set once, as `defineMethod` does for methods: a config and the command line know it by its name.
 *
 * @param definition - see {@link DatasetDefinition}
 * @returns the loader; what it gives has been checked by `assertDataset`. It throws {@link InvalidArgumentError} for an option that
 * breaks a rule, and for a task that needs other labels than the data set has
 *
 * @example
 * ```ts
 * import { count, defineDataset } from '@kd/core'
 *
 * const halves = defineDataset({
 *   name: 'halves',
 *   summary: 'numbers below and above one half',
 *   options: { examples: count(10, 'how many numbers', 2) },
 *   load: ({ examples }) => {
 *     const ids = Int32Array.from({ length: examples }, (_, row) => row)
 *     return {
 *       name: 'halves',
 *       inputShape: [1],
 *       classNames: ['below', 'above'],
 *       normalization: { mean: [0.5], standardDeviation: [0.29] },
 *       train: {
 *         inputs: Float32Array.from(ids, (row) => (row + 0.5) / examples),
 *         labels: ids.map((row) => (2 * row < examples ? 0 : 1)),
 *         ids,
 *       },
 *     }
 *   },
 * })
 * console.log((await halves({ examples: 4 })).train.labels) // Int32Array(4) [ 0, 0, 1, 1 ]
 * ```
 */
export function defineDataset<const Shape extends OptionsShape, Data extends AnyDataset>(
  definition: DatasetDefinition<Shape, Data>,
): DatasetFactory<Shape, Data> {
  const { name, summary, source, bytes = false, labels = ['class'] } = definition
  const schema = optionsSchema(definition.options)
  const factory = async (
    given?: OptionsInput<Shape>,
    context: DatasetContext = {},
  ): Promise<Data | AnyDataset> => {
    const options = parseOptions(`loadDataset: ${name}`, schema, given) as OptionsOutput<Shape>
    const { task } = context
    if (task !== undefined) assertLabelForm(task, labels, name)
    const loaded = await definition.load(options, context)
    const dataset: AnyDataset =
      task === undefined || loaded.task !== undefined
        ? loaded
        : { ...loaded, task: task.make({ outputs: loaded.classNames.length }) }
    assertDataset(dataset, `loadDataset: ${name}`)
    return dataset
  }
  return Object.defineProperties(factory, {
    name: { value: name },
    summary: { value: summary },
    source: { value: source },
    options: { value: schema },
    bytes: { value: bytes },
    labels: { value: labels },
  }) as unknown as DatasetFactory<Shape, Data>
}

const labelWords = { class: 'classes', flags: 'flags', numbers: 'numbers' } as const

function assertLabelForm(task: WantedTask, labels: readonly LabelForm[], name: string): void {
  if (labels.includes(task.labels)) return
  const known = labels.map((form) => labelWords[form]).join(' or ')
  throw new InvalidArgumentError(
    `loadDataset: task must be one of ${known} for the data set ${name}, got ${task.name}, which needs ${labelWords[task.labels]}`,
  )
}
