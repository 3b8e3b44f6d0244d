import {
  optionsSchema,
  type Definition,
  type OptionsInput,
  type OptionsOutput,
  type OptionsShape,
} from '../options/definition.js'
import { parseOptions, type OptionsSchema } from '../options/options.js'
import type { Task } from './task.js'

/** How labels stand in a table: one class per example, one 0 or 1 per output, or one number per output. */
export type LabelForm = 'class' | 'flags' | 'numbers'

/** What a task takes from its data. */
export interface TaskContext {
  /** How many outputs the data have: classes, labels that are there or not, or numbers to be predicted. */
  readonly outputs: number
}

/** How a task is defined. */
export interface TaskDefinition<Shape extends OptionsShape> extends Definition<Shape> {
  readonly labels: LabelForm
  /** Makes the task for data with so many outputs. */
  readonly make: (context: TaskContext, options: OptionsOutput<Shape>) => Task
}

/** A task's factory, which carries its own description. */
export interface TaskFactory<Shape extends OptionsShape = OptionsShape> {
  (context: TaskContext & OptionsInput<Shape>): Task
  readonly name: string
  readonly summary: string
  readonly source: string | undefined
  readonly options: OptionsSchema
  readonly labels: LabelForm
  /** The factory itself, so that it can be what a data set is asked for. */
  make(context: TaskContext & OptionsInput<Shape>): Task
}

/**
 * Defines a task once, as `defineMethod` does for methods: a data set, a config and the command line know it by its name.
 *
 * @param definition - see {@link TaskDefinition}
 * @returns the factory: from the number of outputs and the options, in one map, to a task
 */
export function defineTask<const Shape extends OptionsShape>(
  definition: TaskDefinition<Shape>,
): TaskFactory<Shape> {
  const { name, summary, source, labels } = definition
  const schema = optionsSchema(definition.options)
  const factory = ({ outputs, ...options }: TaskContext): Task =>
    definition.make({ outputs }, parseOptions(name, schema, options) as OptionsOutput<Shape>)
  return Object.defineProperties(factory, {
    name: { value: name },
    summary: { value: summary },
    source: { value: source },
    options: { value: schema },
    labels: { value: labels },
    make: { value: factory },
  }) as unknown as TaskFactory<Shape>
}
