import {
  classification,
  multiLabel,
  regression,
  type LabelForm,
  type OptionsSchema,
  type Task,
  type TaskContext,
  type WantedTask,
} from '@kd/core'
import type { NamedOptions } from './named-options.js'

/** What a task's name in a config stands for. */
export type TaskEntry = ((context: TaskContext & Readonly<Record<string, unknown>>) => Task) & {
  readonly summary: string
  readonly options?: OptionsSchema
  /** How labels stand in a table; one class per example where a plugin does not say. */
  readonly labels?: LabelForm
}

/** The tasks that are built in, by name. */
export const tasks: Readonly<Record<string, TaskEntry>> = {
  classification: classification,
  'multi-label': multiLabel,
  regression: regression,
}

/**
 * What a data set is told of the task of a config.
 *
 * @param config - name and options, checked
 * @param entries - all tasks, a plugin's too
 * @returns the task, before it is known how many outputs the data have
 */
export function wantedTask(
  { name, ...options }: NamedOptions,
  entries: Readonly<Record<string, TaskEntry>>,
): WantedTask {
  const entry = entries[name]!
  return {
    name,
    labels: entry.labels ?? 'class',
    make: (context) => entry({ ...context, ...options }),
  }
}
