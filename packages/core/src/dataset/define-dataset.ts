import {
  optionsSchema,
  type Definition,
  type OptionsInput,
  type OptionsOutput,
  type OptionsShape,
} from '../method/define-method.js'
import { parseOptions, type OptionsSchema } from '../options/options.js'
import type { LabelForm, TaskContext } from '../task/define-task.js'
import type { Task } from '../task/task.js'
import { assertDataset } from './assert-dataset.js'
import type { AnyDataset } from './dataset.js'

/** What a data set may be told beside its options. */
export interface DatasetContext {
  /** What is to be learned, where it was said; data that have labels of one kind only need not look at it. */
  readonly task?: WantedTask
  /** Called while files are fetched. */
  readonly onProgress?: (progress: {
    readonly file: string
    readonly bytes: number
    readonly totalBytes?: number
  }) => void
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
  readonly load: (options: OptionsOutput<Shape>, context: DatasetContext) => Promise<Data> | Data
}

/** A data set's loader, which carries its own description. */
export interface DatasetFactory<
  Shape extends OptionsShape = OptionsShape,
  Data extends AnyDataset = AnyDataset,
> {
  (options?: OptionsInput<Shape>, context?: DatasetContext): Promise<Data>
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  readonly options: OptionsSchema
  readonly bytes: boolean
}

/**
 * Defines a data set once, as `defineMethod` does for methods: a config and the command line know it by its name.
 *
 * @param definition - see {@link DatasetDefinition}
 * @returns the loader; what it gives has been checked by `assertDataset`
 */
export function defineDataset<const Shape extends OptionsShape, Data extends AnyDataset>(
  definition: DatasetDefinition<Shape, Data>,
): DatasetFactory<Shape, Data> {
  const { name, summary, source, bytes = false } = definition
  const schema = optionsSchema(definition.options)
  const factory = async (given?: OptionsInput<Shape>, context: DatasetContext = {}): Promise<Data> => {
    const options = parseOptions(`loadDataset: ${name}`, schema, given) as OptionsOutput<Shape>
    const dataset = await definition.load(options, context)
    assertDataset(dataset, `loadDataset: ${name}`)
    return dataset
  }
  return Object.defineProperties(factory, {
    name: { value: name },
    summary: { value: summary },
    source: { value: source },
    options: { value: schema },
    bytes: { value: bytes },
  }) as unknown as DatasetFactory<Shape, Data>
}
